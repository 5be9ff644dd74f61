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

variable "functions" {
  description = "Names of functions, by what they are called here: { api = \"attendance-api\" }."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "stream_functions" {
  description = "Which of the functions read a stream: an alarm tells when they fall behind."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.stream_functions, keys(var.functions))) == 0
    error_message = "stream_functions: write keys of functions."
  }
}

variable "dead_letter_queues" {
  description = "Names of dead-letter queues, by whose they are: { ingest = \"attendance-ingest-dead-letters\" }."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "api" {
  description = "The HTTP API and its stage; null without one."
  type = object({
    id    = string
    stage = optional(string, "$default")
  })
  default = null
}

variable "database_identifier" {
  description = "The database server's identifier in RDS; null without one."
  type        = string
  default     = null
}

variable "alarm_email" {
  description = "Who is told of alarms and of the budget, after confirming the mail that asks. Null: subscribe to the topic yourself."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email: write one e-mail address, such as \"operations@example.org\", or null."
  }
}

variable "monthly_budget_usd" {
  description = "What the account may cost in a month; a mail tells at 80 % of it, and when more than all of it is foreseen. Null: no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "monthly_budget_usd: write an amount above 0, such as 50, or null."
  }
  validation {
    condition     = var.monthly_budget_usd == null || var.alarm_email != null
    error_message = "monthly_budget_usd: write alarm_email too, or nobody is told."
  }
}

variable "thresholds" {
  description = "From where on an alarm is raised: counts in 5 minutes, minutes that a stream's reader is behind, percent of the processor in 15 minutes, and gigabytes that are free."
  type = object({
    function_errors    = optional(number, 1)
    function_throttles = optional(number, 1)
    iterator_minutes   = optional(number, 10)
    api_errors         = optional(number, 5)
    database_cpu       = optional(number, 80)
    database_free_gb   = optional(number, 4)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.thresholds) : threshold > 0])
    error_message = "thresholds: write numbers above 0."
  }
  validation {
    condition     = var.thresholds.database_cpu > 1 && var.thresholds.database_cpu <= 100
    error_message = "thresholds.database_cpu: write a percentage above 1 and up to 100: 80, not 0.8."
  }
}
