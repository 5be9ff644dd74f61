output "name" {
  description = "The table's name."
  value       = aws_dynamodb_table.records.name
}

output "arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.records.arn
}

output "stream_arn" {
  description = "The ARN of the table's stream of changed keys."
  value       = aws_dynamodb_table.records.stream_arn
}

output "policies" {
  description = "A policy as JSON for each capability: read and write items, and follow the stream."
  value = {
    read   = data.aws_iam_policy_document.read.json
    write  = data.aws_iam_policy_document.write.json
    stream = data.aws_iam_policy_document.stream.json
  }
}
