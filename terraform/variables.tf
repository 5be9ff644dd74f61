variable "name_prefix" {
  description = "What every name begins with."
  type        = string
  default     = "attendance"

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name_prefix)) && length(var.name_prefix) >= 3 && length(var.name_prefix) <= 20
    error_message = "name_prefix: write 3 to 20 of a-z, 0-9 and single '-', beginning with a letter and not ending with '-', such as \"attendance\"."
  }
}

variable "tags" {
  description = "Tags of every resource, besides `attendance`, which has the name prefix."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "repository" {
  description = "Where attendance is kept: `dynamodb` or `s3` (objects only), which cost nothing while nobody checks in, or a server of `postgres` or `mysql`."
  type        = string
  default     = "dynamodb"
  nullable    = false

  validation {
    condition     = contains(["dynamodb", "postgres", "mysql", "s3"], var.repository)
    error_message = "repository: write \"dynamodb\", \"postgres\", \"mysql\" or \"s3\"."
  }
}

variable "network" {
  description = "A network of one's own for the functions: `none`, `nat` (one NAT gateway) or `endpoints` (nothing reaches the internet). A database needs one."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "nat", "endpoints"], var.network)
    error_message = "network: write \"none\", \"nat\" or \"endpoints\"."
  }

  validation {
    condition     = var.network != "none" || !contains(["postgres", "mysql"], var.repository)
    error_message = "network: write \"nat\" or \"endpoints\" with a database: it has no address on the internet. Or write repository = \"dynamodb\"."
  }
}

variable "table" {
  description = "With `dynamodb`: how the table is paid for, and whether it can be restored as it was at any second of the last 35 days."
  type = object({
    point_in_time_recovery = optional(bool, true)
    billing = optional(object({
      mode           = optional(string, "PAY_PER_REQUEST")
      read_capacity  = optional(number)
      write_capacity = optional(number)
    }), {})
  })
  default  = {}
  nullable = false
}

variable "database" {
  description = "With `postgres` or `mysql`: how large the server is, what it keeps, and whether a proxy shares its connections."
  type = object({
    engine_version = optional(string)
    class          = optional(string, "db.t4g.micro")
    storage_gb     = optional(number, 20)
    max_storage_gb = optional(number, 100)
    multi_az       = optional(bool, false)
    backup_days    = optional(number, 7)
    proxy          = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = !var.database.multi_az || contains(["postgres", "mysql"], var.repository)
    error_message = "database.multi_az: write repository = \"postgres\" or \"mysql\" with it, or leave it out: \"${var.repository}\" is in several zones by itself."
  }
}

variable "images" {
  description = "How long images are kept: those of check-ins for some days; those of enrolments only if asked."
  type = object({
    check_in_days         = optional(number, 7)
    keep_enrolment_photos = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.images.check_in_days >= 1 && var.images.check_in_days <= 365 && floor(var.images.check_in_days) == var.images.check_in_days
    error_message = "images.check_in_days: write a whole number of days from 1 to 365, such as 7."
  }
}

variable "matching" {
  description = "The least similarity, in percent, at which a face is given a name; null: what the matcher's own measurement rests on."
  type = object({
    threshold = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.matching.threshold == null || try(var.matching.threshold > 1 && var.matching.threshold <= 100, false)
    error_message = "matching.threshold: write percent, above 1 and up to 100, such as 99. A share such as 0.8 would give every face a name: 80 is meant by it."
  }
}

variable "events" {
  description = "The stream of events: PROVISIONED pays for each shard, ON_DEMAND nearly three times that of one shard, and what passes."
  type = object({
    mode            = optional(string, "PROVISIONED")
    shards          = optional(number, 1)
    retention_hours = optional(number, 24)
  })
  default  = {}
  nullable = false
}

variable "analytics" {
  description = "Whether arrivals, lateness and strangers become metrics of CloudWatch."
  type        = bool
  default     = true
  nullable    = false
}

variable "notifications" {
  description = "Who tells people: `sns` (topics, text messages), `ses` (an e-mail to each, from `mail`) or `none`; and the operators' e-mail addresses."
  type = object({
    notifier  = optional(string, "none")
    operators = optional(set(string), [])
    mail = optional(object({
      from         = string
      domain       = optional(string)
      identity_arn = optional(string)
    }))
    sms = optional(object({
      enabled   = optional(bool, false)
      sender_id = optional(string)
    }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["sns", "ses", "none"], var.notifications.notifier)
    error_message = "notifications.notifier: write \"sns\", \"ses\" or \"none\"."
  }

  validation {
    condition = alltrue([
      for address in setunion(var.notifications.operators, compact([try(var.notifications.mail.from, null)])) : can(regex("^[^@\\s,]+@[^@\\s,]+\\.[^@\\s,]+$", address))
    ])
    error_message = "notifications: write operators and mail.from as e-mail addresses, such as \"office@school.example\"."
  }

  validation {
    condition     = var.notifications.notifier != "ses" || var.notifications.mail != null
    error_message = "notifications.mail: write mail = { from = \"attendance@school.example\" } with the notifier \"ses\"."
  }

  validation {
    condition     = var.notifications.notifier != "ses" || var.network != "endpoints"
    error_message = "notifications.notifier: write \"sns\" with network = \"endpoints\", or network = \"nat\": SES has no endpoint in a network."
  }
}

variable "identity" {
  description = <<-EOT
    Who signs in. organizations: each gets a group for each role. home: the organization whose admins make organizations, and
    home_zone its IANA time zone. first_admin: an e-mail address that gets an invitation. mfa: `OFF`, `OPTIONAL` or `ON`.
    signed_in_days: as long as a kiosk runs unattended. domain_prefix: what the address of the sign-in pages begins with.
    token_keys: the pool's JSON Web Key Set, which functions in a network without NAT can't fetch.
  EOT
  type = object({
    organizations   = optional(set(string), ["default"])
    home            = optional(string, "default")
    home_zone       = optional(string)
    first_admin     = optional(string)
    mfa             = optional(string, "OPTIONAL")
    password_length = optional(number, 12)
    signed_in_days  = optional(number, 30)
    domain_prefix   = optional(string)
    tier            = optional(string, "LITE")
    token_keys      = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(var.identity.organizations, var.identity.home)
    error_message = "identity.home: write one of identity.organizations."
  }

  validation {
    condition     = var.identity.first_admin == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.identity.first_admin))
    error_message = "identity.first_admin: write an e-mail address, such as \"office@school.example\"."
  }

  validation {
    condition     = contains(["OFF", "OPTIONAL", "ON"], var.identity.mfa)
    error_message = "identity.mfa: write \"OFF\", \"OPTIONAL\" (who wants may have a second factor) or \"ON\" (everybody has)."
  }

  validation {
    condition     = var.identity.home_zone == null || can(regex("^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$", var.identity.home_zone))
    error_message = "identity.home_zone: write a time zone as IANA names it, such as \"Europe/Dublin\"."
  }

  validation {
    condition     = var.identity.token_keys == null || can(jsondecode(var.identity.token_keys).keys)
    error_message = "identity.token_keys: write what {issuer}/.well-known/jwks.json answers: a JSON document with \"keys\"."
  }
}

variable "api" {
  description = "How many requests a second the API takes, and how many at once, from everybody together."
  type = object({
    rate  = optional(number, 50)
    burst = optional(number, 100)
  })
  default  = {}
  nullable = false
}

variable "web" {
  description = "The pages: whether they are hosted, under which name of one's own (with a certificate in us-east-1), and from where in the world."
  type = object({
    enabled = optional(bool, true)
    domain = optional(object({
      name            = string
      certificate_arn = string
    }))
    price_class = optional(string, "PriceClass_100")
  })
  default  = {}
  nullable = false
}

variable "origins" {
  description = "Origins of other pages that may call the API, upload pictures and sign people in, such as `http://localhost:8080`."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.origins : can(regex("^(https://[a-z0-9.-]+|http://(localhost|127\\.0\\.0\\.1))(:[0-9]+)?$", origin))])
    error_message = "origins: write origins without a path and with https, such as \"https://attendance.example.org\"; http only as \"http://localhost:8080\"."
  }

  validation {
    condition     = var.web.enabled || length(var.origins) > 0
    error_message = "origins: write at least one origin of pages, such as \"https://attendance.example.org\", or web = { enabled = true }: people sign in for pages."
  }
}

variable "schedules" {
  description = "How often events are relayed where the repository has no stream (all but dynamodb), and how often the sweep opens and closes sessions, marks the absent and tidies up."
  type = object({
    relay = optional(string, "rate(1 minute)")
    sweep = optional(string, "rate(5 minutes)")
  })
  default  = {}
  nullable = false
}

variable "functions" {
  description = "Other settings of functions than the usual, by name: api, ingest, relay, notify, analytics."
  type = map(object({
    memory               = optional(number)
    timeout              = optional(number)
    reserved_concurrency = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.functions), ["api", "ingest", "relay", "notify", "analytics"])) == 0
    error_message = "functions: write settings of api, ingest, relay, notify and analytics only."
  }
}

variable "environment" {
  description = "More environment variables of every function, such as `ATTENDANCE_LOG`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : startswith(name, "ATTENDANCE_")])
    error_message = "environment: write variables that begin with ATTENDANCE_: Lambda and the SDK set the others."
  }
}

variable "package_dir" {
  description = "The folder with the functions' zips; null: `target/functions` of the repository, where `cargo xtask package` puts them."
  type        = string
  default     = null
}

variable "pages_dir" {
  description = "The folder of the pages; null: `examples/web` of the repository."
  type        = string
  default     = null
}

variable "architecture" {
  description = "What the functions were built for: `x86_64` or `arm64`."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture: write \"x86_64\" or \"arm64\": what `cargo xtask package` built for."
  }
}

variable "observability" {
  description = "A dashboard, alarms and a budget: whether there are any, who gets a mail of alarms, and from how many US dollars a month on."
  type = object({
    enabled            = optional(bool, true)
    alarm_email        = optional(string)
    monthly_budget_usd = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.observability.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.observability.alarm_email))
    error_message = "observability.alarm_email: write an e-mail address, such as \"it@school.example\"."
  }

  validation {
    condition     = var.observability.monthly_budget_usd == null || var.observability.alarm_email != null
    error_message = "observability.alarm_email: write who gets a mail when monthly_budget_usd is passed."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "log_retention_days: write a number that CloudWatch takes, such as 7, 14, 30, 90 or 365."
  }
}

variable "kms_key_arn" {
  description = "A key of KMS of one's own for everything that is stored; null: the keys that AWS manages. See the README for what the key must allow."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}

variable "deletion_protection" {
  description = "Whether what holds data refuses to be destroyed: table, database, user pool, and buckets that are not empty. Set it to false and apply before you destroy."
  type        = bool
  default     = true
  nullable    = false
}
