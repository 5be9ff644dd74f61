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

variable "notifier" {
  description = "Who tells people: sns (topics, text messages), ses (an e-mail to each), or none."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["sns", "ses", "none"], var.notifier)
    error_message = "notifier: write sns, ses or none."
  }
}

variable "operators" {
  description = "E-mail addresses of operators. With sns each of them gets a mail that asks to confirm."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.operators : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "operators: write e-mail addresses, such as \"office@example.org\"."
  }
}

variable "mail" {
  description = "What SES sends from: an address, and whose it is. Without domain and identity_arn the address itself is to be confirmed; with domain DNS records are; identity_arn names one that is verified already."
  type = object({
    from         = string
    domain       = optional(string)
    identity_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.mail == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.mail.from))
    error_message = "mail.from: write the e-mail address that messages come from, such as \"attendance@example.org\"."
  }
  validation {
    condition     = (var.mail == null) == (var.notifier != "ses")
    error_message = "mail: write { from = \"attendance@example.org\" } with the notifier ses, and null with any other."
  }
  validation {
    condition     = try(var.mail.domain, null) == null || try(var.mail.identity_arn, null) == null
    error_message = "mail: write domain or identity_arn, not both."
  }
  validation {
    condition     = try(var.mail.domain, null) == null || can(regex("@([^@]+\\.)?${replace(var.mail.domain, ".", "\\.")}$", var.mail.from))
    error_message = "mail.domain: write the domain of mail.from, such as \"example.org\" for \"attendance@example.org\"."
  }
  validation {
    condition     = try(var.mail.identity_arn, null) == null || can(regex("^arn:[a-z-]+:ses:[a-z0-9-]+:[0-9]{12}:identity/.+$", var.mail.identity_arn))
    error_message = "mail.identity_arn: write the ARN of an identity of SES, such as arn:aws:ses:REGION:ACCOUNT:identity/example.org."
  }
}

variable "sms" {
  description = "Whether sns sends text messages to attendees with a phone number, and whom they come from."
  type = object({
    enabled   = optional(bool, false)
    sender_id = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = !var.sms.enabled || var.notifier == "sns"
    error_message = "sms.enabled: write true with the notifier sns only."
  }
  validation {
    condition     = var.sms.sender_id == null || can(regex("^[A-Za-z0-9-]{0,10}[A-Za-z][A-Za-z0-9-]{0,10}$", var.sms.sender_id)) && try(length(var.sms.sender_id) <= 11, false)
    error_message = "sms.sender_id: write 1 to 11 of A-Z, a-z, 0-9 and '-', with a letter among them, such as \"School\"."
  }
}

variable "kms_key_arn" {
  description = "Encrypts topics, instead of the account's own key of SNS (alias/aws/sns)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}
