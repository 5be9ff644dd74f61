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

variable "retention" {
  description = "How long images are kept: those of check-ins for some days, those of enrolments for a day or until they are deleted."
  type = object({
    check_in_days         = optional(number, 7)
    keep_enrolment_photos = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.retention.check_in_days >= 1 && var.retention.check_in_days <= 365 && floor(var.retention.check_in_days) == var.retention.check_in_days
    error_message = "retention.check_in_days: write a whole number of days from 1 to 365, such as 7."
  }
}

variable "kms_key_arn" {
  description = "Encrypts every object, instead of keys that S3 manages."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}

variable "cors_origins" {
  description = "Origins of pages that upload from a browser, such as https://attendance.example.org."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?$", origin))])
    error_message = "cors_origins: write origins without a path, such as \"https://attendance.example.org\"; http only for localhost. \"*\" would let every page upload."
  }
}

variable "holds_records" {
  description = "Whether the attendance records lie here too (repository s3): below records/, with their versions."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the module deletes the images and records that are still there. Without it a bucket that is not empty stays."
  type        = bool
  default     = false
  nullable    = false
}
