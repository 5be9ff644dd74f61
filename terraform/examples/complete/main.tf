# Everything: a table, pages with sign-in, notifications by topics, metrics, alarms and a budget.

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
  tags        = { environment = "example" }
  repository  = "dynamodb"
  matching    = { threshold = 99 }
  images      = { check_in_days = 3 }

  notifications = {
    notifier  = "sns"
    operators = var.operators
  }

  identity = {
    organizations = ["default", "north"]
    home_zone     = "Europe/Dublin"
    first_admin   = var.first_admin
    mfa           = "OPTIONAL"
  }

  # Pages of one's own, while they are written.
  origins     = var.origins
  environment = var.environment
  package_dir = var.package_dir

  observability = {
    alarm_email        = var.alarm_email
    monthly_budget_usd = var.alarm_email == null ? null : 50
  }

  deletion_protection = !var.disposable
}
