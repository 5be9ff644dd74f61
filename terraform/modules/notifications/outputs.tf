output "operators_topic_arn" {
  description = "The topic that operators subscribe to; null unless sns tells."
  value       = try(aws_sns_topic.audience["operators"].arn, null)
}

output "attendees_topic_arn" {
  description = "The topic that attendees are subscribed to, each for their own messages; null unless sns tells."
  value       = try(aws_sns_topic.audience["attendees"].arn, null)
}

output "mail_dns_records" {
  description = "What the domain's DNS must say before SES signs and sends (DKIM); empty unless mail.domain is given."
  value = try(var.mail.domain, null) == null ? [] : [
    for token in flatten(aws_sesv2_email_identity.mail[*].dkim_signing_attributes[*].tokens) : {
      name  = "${token}._domainkey.${var.mail.domain}"
      type  = "CNAME"
      value = "${token}.dkim.amazonses.com"
    }
  ]
}

output "policies" {
  description = "A policy as JSON for each capability: tell people, and forget an address. Null where nobody tells."
  value = {
    tell   = one(concat(data.aws_iam_policy_document.tell_by_sns, data.aws_iam_policy_document.tell_by_ses)[*].json)
    forget = one(concat(data.aws_iam_policy_document.forget_by_sns, data.aws_iam_policy_document.forget_by_ses)[*].json)
  }
}

output "wildcards" {
  description = "Why a statement has no narrower resource than everything, by its sid."
  value       = local.wildcards
}
