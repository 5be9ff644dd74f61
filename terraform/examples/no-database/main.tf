# The least: attendance kept as objects of S3, no pages, no alarms. While nobody checks in, one shard of Kinesis is what costs.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = var.region
}

module "attendance" {
  source = "../.."

  name_prefix = var.name_prefix
  repository  = "s3"
  analytics   = false

  web     = { enabled = false }
  origins = ["http://localhost:8080"]

  observability       = { enabled = false }
  package_dir         = var.package_dir
  deletion_protection = !var.disposable
}
