output "name" {
  description = "The bucket's name."
  value       = aws_s3_bucket.images.bucket
}

output "arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.images.arn
}

output "policies" {
  description = "A policy as JSON for each capability: read and write images, upload check-in images (for who signs the form), keep records, and only read them; the last two are null unless the bucket holds records."
  value = {
    read         = data.aws_iam_policy_document.read.json
    write        = data.aws_iam_policy_document.write.json
    upload       = data.aws_iam_policy_document.upload.json
    records      = one(data.aws_iam_policy_document.records[*].json)
    records_read = one(data.aws_iam_policy_document.records_read[*].json)
  }
}
