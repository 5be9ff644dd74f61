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

variable "billing" {
  description = "PAY_PER_REQUEST costs nothing while nobody checks in. PROVISIONED needs the units that are always paid for."
  type = object({
    mode           = optional(string, "PAY_PER_REQUEST")
    read_capacity  = optional(number)
    write_capacity = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["PAY_PER_REQUEST", "PROVISIONED"], var.billing.mode)
    error_message = "billing.mode: write PAY_PER_REQUEST or PROVISIONED."
  }
  validation {
    condition     = (var.billing.mode == "PROVISIONED") == (var.billing.read_capacity != null && var.billing.write_capacity != null)
    error_message = "billing: write read_capacity and write_capacity with PROVISIONED, such as 5 and 25, and neither with PAY_PER_REQUEST."
  }
}

variable "deletion_protection" {
  description = "Whether the table must not be deleted. Set it to false and apply before you destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored as it was at any second of the last 35 days. What was erased can be restored as long."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "Encrypts the table, instead of a key that AWS owns."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}
