# A server of PostgreSQL in a network of its own, reached through a proxy; the functions get out by one NAT gateway.

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
  repository  = "postgres"
  network     = "nat"

  database = {
    class       = "db.t4g.small"
    multi_az    = true
    backup_days = 14
  }

  notifications = {
    notifier  = "ses"
    mail      = { from = var.mail_from }
    operators = [var.mail_from]
  }

  observability       = { alarm_email = var.mail_from }
  package_dir         = var.package_dir
  deletion_protection = !var.disposable
}
