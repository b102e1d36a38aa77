# What OpenTofu 1.12.6 made of this is in opentofu.tfstate.

variable "p" {
  default   = "s3cret"
  sensitive = true
}
resource "terraform_data" "a" {
  for_each = toset(["x", "y"])
  input    = { name = each.key, password = var.p, list = [1, 2.5] }
}
resource "terraform_data" "b" {
  count            = 2
  input            = terraform_data.a["x"].output
  triggers_replace = [count.index]
  lifecycle {
    create_before_destroy = true
    precondition {
      condition     = var.p != ""
      error_message = "no"
    }
  }
}
module "m" {
  source   = "./module"
  for_each = { k = 1 }
}
output "o" { value = terraform_data.b[*].id }
output "s" {
  value     = var.p
  sensitive = true
}
check "c" {
  assert {
    condition     = terraform_data.b[0].id == "x"
    error_message = "bad"
  }
}
