output "name" {
  description = "The stream's name."
  value       = aws_kinesis_stream.events.name
}

output "arn" {
  description = "The stream's ARN."
  value       = aws_kinesis_stream.events.arn
}

output "policies" {
  description = "A policy as JSON for each capability: publish events, and consume them."
  value = {
    publish = data.aws_iam_policy_document.publish.json
    consume = data.aws_iam_policy_document.consume.json
  }
}
