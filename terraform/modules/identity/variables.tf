variable "name_prefix" {
  description = "What every name begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name_prefix)) && length(var.name_prefix) >= 3 && length(var.name_prefix) <= 20
    error_message = "name_prefix: write 3 to 20 of a-z, 0-9 and single '-', beginning with a letter and not ending with '-', such as \"attendance\"."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "domain_prefix" {
  description = "What the address of the sign-in pages begins with, unique among all users of AWS in the region; null: name_prefix and some digits of the account."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", coalesce(var.domain_prefix, var.name_prefix)))
    error_message = "domain_prefix: write 1 to 63 of a-z, 0-9 and '-', without '-' at its ends."
  }

  validation {
    condition     = !can(regex("aws|amazon|cognito", coalesce(var.domain_prefix, var.name_prefix)))
    error_message = "domain_prefix: write another one; Cognito takes no address of sign-in pages with \"aws\", \"amazon\" or \"cognito\" in it."
  }
}

variable "organizations" {
  description = "The organizations whose people sign in here: each one gets a group for each role."
  type        = set(string)
  default     = ["default"]

  validation {
    condition     = length(var.organizations) > 0 && alltrue([for id in var.organizations : can(regex("^[a-z0-9-]{1,48}$", id))])
    error_message = "organizations: write at least one id of 1 to 48 of a-z, 0-9 and '-', such as [\"default\"]."
  }
}

variable "home" {
  description = "The organization whose admins may make organizations."
  type        = string
  default     = "default"

  validation {
    condition     = contains(var.organizations, var.home)
    error_message = "home: write one of the organizations."
  }
}

variable "first_admin" {
  description = "An e-mail address that gets an invitation as admin of the home organization; null: nobody yet."
  type        = string
  default     = null

  validation {
    condition     = var.first_admin == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.first_admin))
    error_message = "first_admin: write an e-mail address, such as \"office@school.example\"."
  }
}

variable "origins" {
  description = "The origins of the pages that people sign in for; each is `https`, or `http` on the machine of who looks at them."
  type        = list(string)

  validation {
    condition     = length(var.origins) > 0
    error_message = "origins: write at least one origin of pages, such as \"https://attendance.example.org\" or \"http://localhost:8080\"."
  }

  validation {
    condition     = alltrue([for origin in var.origins : can(regex("^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?$", origin))])
    error_message = "origins: write origins without a path and with https, such as \"https://attendance.example.org\"; http only as \"http://localhost:8080\"."
  }
}

variable "mfa" {
  description = "A second factor, by an app for one-time codes: `OFF`, `OPTIONAL` or `ON`."
  type        = string
  default     = "OPTIONAL"

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.mfa)
    error_message = "mfa: write \"OFF\", \"OPTIONAL\" (who wants may have a second factor) or \"ON\" (everybody has)."
  }
}

variable "password_length" {
  description = "The fewest characters of a password."
  type        = number
  default     = 12

  validation {
    condition     = var.password_length >= 8 && var.password_length <= 99
    error_message = "password_length: write 8 to 99."
  }
}

variable "signed_in_days" {
  description = "How long somebody stays signed in without signing in again: as long as a kiosk runs unattended."
  type        = number
  default     = 30

  validation {
    condition     = var.signed_in_days >= 1 && var.signed_in_days <= 3650
    error_message = "signed_in_days: write 1 to 3650."
  }
}

variable "tier" {
  description = "What the user pool can do, and costs: `LITE` is enough."
  type        = string
  default     = "LITE"

  validation {
    condition     = contains(["LITE", "ESSENTIALS", "PLUS"], var.tier)
    error_message = "tier: write \"LITE\", \"ESSENTIALS\" or \"PLUS\"."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the user pool."
  type        = bool
  default     = true
}
