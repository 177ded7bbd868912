# What the services of a space need besides cf: their sizes, kept in a state that every job shares.
terraform {
  required_version = ">= 1.10"
  backend "s3" {}
}

variable "space" {
  type = string
}

resource "terraform_data" "sizes" {
  input = { space = var.space, database = "micro-psql", redis = "redis-dev" }
  regions = ["us-gov-west-1"]
}
