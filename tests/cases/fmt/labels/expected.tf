resource "aws_vpc" "main" {
}
resource "a" "b" /* kept */ {
}
data "a" "b" {
}
locals {
}
output "in" {
  value = 1
}
