output "url" {
  description = "Where the pages are."
  value       = "https://${local.host}"
}

output "distribution_id" {
  description = "The distribution's id."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_domain" {
  description = "CloudFront's name of the distribution: what a DNS record of one's own domain points to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "bucket" {
  description = "The bucket of the pages."
  value       = aws_s3_bucket.this.bucket
}
