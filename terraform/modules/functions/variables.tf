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

variable "package_dir" {
  description = "The folder with NAME.zip for every function, as `cargo xtask package` makes it."
  type        = string
}

variable "architecture" {
  description = "What the functions were built for: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture: write \"x86_64\" or \"arm64\": what `cargo xtask package` built for."
  }
}

variable "functions" {
  description = <<-EOT
    The functions, by the name of their zip.
    memory: megabytes. timeout: seconds. variables: of the environment.
    policies: JSON of a policy by the name of the capability; the function's role gets these and no others.
    reserved_concurrency: how many run at the same time at most; null: as many as the account allows.
    dead_letters: whether what fails for good goes to a queue of its own, whose URL is ATTENDANCE_DEAD_LETTERS;
    for every function but one that somebody waits for.
  EOT
  type = map(object({
    description          = optional(string)
    memory               = optional(number, 256)
    timeout              = optional(number, 60)
    variables            = optional(map(string), {})
    policies             = optional(map(string), {})
    reserved_concurrency = optional(number)
    dead_letters         = optional(bool, true)
  }))

  validation {
    condition     = alltrue([for function in var.functions : function.memory >= 128 && function.memory <= 10240])
    error_message = "functions: write memory in megabytes, 128 to 10240."
  }

  validation {
    condition     = alltrue([for function in var.functions : function.timeout >= 1 && function.timeout <= 900])
    error_message = "functions: write timeout in seconds, 1 to 900."
  }
}

variable "network" {
  description = "Where the functions run in a network of one's own: private subnets and security groups; null: in Lambda's."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "bucket_trigger" {
  description = "Objects of a bucket that call a function when they are made: those with one of the prefixes and one of the suffixes."
  type = object({
    function = string
    bucket   = string
    prefixes = optional(list(string), ["checkins/", "enrolments/"])
    suffixes = optional(list(string), [".jpg", ".jpeg", ".png"])
  })
  default = null

  validation {
    condition     = var.bucket_trigger == null || contains(keys(var.functions), try(var.bucket_trigger.function, ""))
    error_message = "bucket_trigger.function: write one of the names in functions."
  }
}

variable "table_trigger" {
  description = "The stream of a DynamoDB table that calls a function with new items whose sort key begins with a prefix."
  type = object({
    function    = string
    stream_arn  = string
    sort_prefix = optional(string, "outbox#")
    batch_size  = optional(number, 100)
    attempts    = optional(number, 5)
    max_age     = optional(number, 3600)
  })
  default = null

  validation {
    condition     = var.table_trigger == null || try(var.functions[var.table_trigger.function].dead_letters, false)
    error_message = "table_trigger.function: write one of the names in functions, one with dead_letters."
  }
}

variable "stream_trigger" {
  description = "The Kinesis stream that calls functions with its records."
  type = object({
    functions  = set(string)
    stream_arn = string
    batch_size = optional(number, 100)
    attempts   = optional(number, 5)
    max_age    = optional(number, 86400)
  })
  default = null

  validation {
    condition = var.stream_trigger == null || alltrue([
      for name in try(var.stream_trigger.functions, []) : try(var.functions[name].dead_letters, false)
    ])
    error_message = "stream_trigger.functions: write names in functions, each one with dead_letters."
  }
}

variable "schedules" {
  description = "Calls by the clock: the function, an expression such as `rate(5 minutes)`, and the JSON that it is called with."
  type = map(object({
    function   = string
    expression = string
    input      = string
  }))
  default = {}

  validation {
    condition     = alltrue([for schedule in var.schedules : try(var.functions[schedule.function].dead_letters, false)])
    error_message = "schedules: write function as one of the names in functions, one with dead_letters."
  }

  validation {
    condition     = alltrue([for schedule in var.schedules : can(regex("^(rate|cron|at)\\(.+\\)$", schedule.expression))])
    error_message = "schedules: write expression as EventBridge Scheduler takes it, such as \"rate(5 minutes)\"."
  }

  validation {
    condition     = alltrue([for schedule in var.schedules : can(jsondecode(schedule.input))])
    error_message = "schedules: write input as JSON, such as jsonencode({ do = \"sweep\" })."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "log_retention_days: write a number that CloudWatch takes: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096 or 1827."
  }
}

variable "kms_key_arn" {
  description = "A key of KMS for environment variables, logs and queues; null: the keys that AWS manages."
  type        = string
  default     = null
}
