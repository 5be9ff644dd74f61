locals {
  of_database = { for identifier in var.database_identifier[*] : "DBInstanceIdentifier" => identifier }

  alarms = merge(
    { for whose, queue in var.dead_letter_queues : "${whose}-dead-letters" => {
      description = "Something that ${whose} could not do waits in the queue ${queue}: look at it, mend the cause, send it again."
      metric      = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
      dimensions  = { QueueName = queue }
      threshold   = 1
    } },
    { for key, function in var.functions : "${key}-errors" => {
      description = "The function ${function} fails: its log says why."
      metric      = ["AWS/Lambda", "Errors", "Sum"]
      dimensions  = { FunctionName = function }
      threshold   = var.thresholds.function_errors
    } },
    { for key, function in var.functions : "${key}-throttles" => {
      description = "The function ${function} runs as often at once as it may: raise its or the account's concurrency."
      metric      = ["AWS/Lambda", "Throttles", "Sum"]
      dimensions  = { FunctionName = function }
      threshold   = var.thresholds.function_throttles
    } },
    { for key in var.stream_functions : "${key}-behind" => {
      description = "The function ${var.functions[key]} reads events that are old: it fails on one, or there are too many."
      metric      = ["AWS/Lambda", "IteratorAge", "Maximum"]
      dimensions  = { FunctionName = var.functions[key] }
      threshold   = var.thresholds.iterator_minutes * 60 * 1000
    } },
    { for api in var.api[*] : "api-server-errors" => {
      description = "The API answers with errors of its own (5xx)."
      metric      = ["AWS/ApiGateway", "5xx", "Sum"]
      dimensions  = { ApiId = api.id, Stage = api.stage }
      threshold   = var.thresholds.api_errors
    } },
    { for identifier in var.database_identifier[*] : "database-processor" => {
      description = "The database ${identifier} is busy: choose a larger class."
      metric      = ["AWS/RDS", "CPUUtilization", "Average"]
      dimensions  = local.of_database
      threshold   = var.thresholds.database_cpu
      periods     = 3
    } },
    { for identifier in var.database_identifier[*] : "database-storage" => {
      description = "The database ${identifier} is nearly full: raise what its storage may grow to."
      metric      = ["AWS/RDS", "FreeStorageSpace", "Minimum"]
      dimensions  = local.of_database
      threshold   = var.thresholds.database_free_gb * 1024 * 1024 * 1024
      comparison  = "LessThanOrEqualToThreshold"
    } },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  statistic           = each.value.metric[2]
  dimensions          = each.value.dimensions
  comparison_operator = try(each.value.comparison, "GreaterThanOrEqualToThreshold")
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = try(each.value.periods, 1)
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}
