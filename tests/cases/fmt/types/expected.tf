variable "a" {
  type    = string
  default = x
}
variable "b" {
  type = list(string)
}
variable "c" {
  type = map(string)
}
variable "d" {
  type = list(any)
}
variable "e" {
  type = map(any) # of anything
}
variable "f" {
  type = set(any)
}
variable "g" {
  type = list(string)
}
variable "h" {
  type = "any"
}
variable "i" {
  validation {
    type = list
  }
}
resource "a" "b" {
  type = list
}
