variable "a" {
type = "string"
default = "${x}"
}
variable "b" {
type = "list"
}
variable "c" {
type = "map"
}
variable "d" {
type = list
}
variable "e" {
type = map # of anything
}
variable "f" {
type = set
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
