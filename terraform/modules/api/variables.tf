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

variable "function" {
  description = "The function that answers: its name and invoke ARN."
  type = object({
    name       = string
    invoke_arn = string
  })
}

variable "tokens" {
  description = "Whose tokens are taken: the issuer, and the app clients that they were made for."
  type = object({
    issuer    = string
    audiences = list(string)
  })

  validation {
    condition     = startswith(var.tokens.issuer, "https://")
    error_message = "tokens.issuer: write the user pool's issuer, such as \"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf\"."
  }

  validation {
    condition     = length(var.tokens.audiences) > 0
    error_message = "tokens.audiences: write the ids of the user pool's app clients; without one, nobody can sign in."
  }
}

variable "cors_origins" {
  description = "Origins of pages elsewhere that may call the API. Pages that are served together with it need none."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?$", origin))])
    error_message = "cors_origins: write origins without a path and with https, such as \"https://attendance.example.org\"; http only as \"http://localhost:8080\"."
  }
}

variable "throttling" {
  description = "How many requests a second the API takes, and how many at once, from everybody together."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default = {}

  validation {
    condition     = var.throttling.rate >= 1 && var.throttling.burst >= 1
    error_message = "throttling: write rate and burst as at least 1: with less, the API answers nobody."
  }
}

variable "log_retention_days" {
  description = "How long the access log is kept."
  type        = number
  default     = 30
}

variable "kms_key_arn" {
  description = "A key of KMS for the access log; null: the key that AWS manages."
  type        = string
  default     = null
}
