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

variable "organizations" {
  description = "Organizations whose collections are made here. Those of others are made when the organization is."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for organization in var.organizations : can(regex("^[a-z0-9][a-z0-9-]{0,47}$", organization))])
    error_message = "organizations: write ids of 1 to 48 of a-z, 0-9 and '-', such as \"default\"."
  }
}
