output "pages_url" {
  description = "Where people check in and look at attendance; null without hosted pages."
  value       = one(module.web[*].url)
}

output "pages_distribution" {
  description = "The pages' distribution: its id, and the domain that a DNS record of one's own name points to; null without hosted pages."
  value       = one([for web in module.web : { id = web.distribution_id, domain = web.distribution_domain }])
}

output "pages_bucket" {
  description = "The bucket of the pages; null without hosted pages."
  value       = one(module.web[*].bucket)
}

output "api_url" {
  description = "The API's own origin; with hosted pages it is also below theirs."
  value       = module.api.endpoint
}

output "api_id" {
  description = "The API's id."
  value       = module.api.id
}

output "identity" {
  description = "Who signs in where: the user pool's id, the issuer of tokens, the pages' app client, the origin of the sign-in pages, and the groups that are people's rights."
  value = {
    pool_id        = module.identity.pool_id
    issuer         = module.identity.issuer
    client_id      = module.identity.client_id
    sign_in_domain = module.identity.domain
    groups         = module.identity.groups
  }
}

output "images_bucket" {
  description = "The bucket of images, with the repository s3 also of records."
  value       = module.image_bucket.name
}

output "collection_prefix" {
  description = "An organization's collection of Rekognition is `{prefix}-{organization}`."
  value       = module.face_collection.prefix
}

output "table" {
  description = "The table of attendance; null unless the repository is dynamodb."
  value       = one(module.attendance_table[*].name)
}

output "database" {
  description = "Where the database is, and the ARN of the secret with its login; null without one."
  value = one([for database in module.attendance_database : {
    host       = database.host
    port       = database.port
    name       = database.name
    secret_arn = database.secret_arn
  }])
}

output "event_stream" {
  description = "The Kinesis stream of events, for consumers of one's own: name and ARN."
  value       = { name = module.event_stream.name, arn = module.event_stream.arn }
}

output "topics" {
  description = "The SNS topics of operators and attendees; each null unless sns tells."
  value = {
    operators = module.notifications.operators_topic_arn
    attendees = module.notifications.attendees_topic_arn
  }
}

output "mail_dns_records" {
  description = "What the mail domain's DNS must say before SES sends."
  value       = module.notifications.mail_dns_records
}

output "functions" {
  description = "The functions: name and ARN of each."
  value       = { for name, function in module.functions.functions : name => { name = function.name, arn = function.arn } }
}

output "dead_letter_queues" {
  description = "Where what failed for good is: name and URL of each function's queue."
  value       = { for name, queue in module.functions.dead_letter_queues : name => { name = queue.name, url = queue.url } }
}

output "dashboard_url" {
  description = "The dashboard; null without observability."
  value       = one(module.observability[*].dashboard_url)
}

output "alarm_topic_arn" {
  description = "The topic of alarms, for subscribers of one's own; null without observability."
  value       = one(module.observability[*].alarm_topic_arn)
}

output "policies" {
  description = <<-EOT
    Policies as JSON for programs of one's own. reader: reads attendance out of the repository; null with a database, whose
    rights are its own affair. writer: what the API may do: attendance, images and faces, read and written.
    consumer: reads the stream of events.
  EOT
  value = {
    reader   = local.in_sql ? null : data.aws_iam_policy_document.reader.json
    writer   = data.aws_iam_policy_document.writer.json
    consumer = module.event_stream.policies.consume
  }
}

output "iam_wildcards" {
  description = "Of every statement that allows something on the resource `*`, or on all but some, by its sid, why AWS offers nothing narrower."
  value = merge(
    module.face_collection.wildcards,
    module.notifications.wildcards,
    module.functions.wildcards,
    merge({}, module.network[*].wildcards...),
    merge({}, module.observability[*].wildcards...),
  )
}
