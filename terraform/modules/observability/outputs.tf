output "alarm_topic_arn" {
  description = "The topic that tells of alarms."
  value       = aws_sns_topic.alarms.arn
}

output "dashboard_url" {
  description = "Where the dashboard is looked at."
  value       = "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.this.dashboard_name}"
}

output "wildcards" {
  description = "Why a statement has no narrower resource than everything, by its sid."
  value       = local.wildcards
}
