locals {
  # What analytics counts, for every organization.
  counted = [for metric in ["Arrivals", "Late", "Strangers"] : {
    title   = metric
    metrics = [[{ id = lower(metric), expression = "SEARCH('{Attendance,Organization} MetricName=\"${metric}\"', 'Sum', 300)" }]]
  }]

  watched = [
    {
      title   = "Function calls"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Invocations", "FunctionName", function]]
    },
    {
      title   = "Function errors"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Errors", "FunctionName", function]]
    },
    {
      title   = "Function duration, 95th percentile (ms)"
      stat    = "p95"
      metrics = [for function in values(var.functions) : ["AWS/Lambda", "Duration", "FunctionName", function]]
    },
    {
      title   = "Behind the stream (ms)"
      stat    = "Maximum"
      metrics = [for key in var.stream_functions : ["AWS/Lambda", "IteratorAge", "FunctionName", var.functions[key]]]
    },
    {
      title   = "Dead letters"
      stat    = "Maximum"
      metrics = [for queue in values(var.dead_letter_queues) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]]
    },
    {
      title   = "API answers"
      metrics = [for pair in setproduct(var.api[*], ["Count", "4xx", "5xx"]) : ["AWS/ApiGateway", pair[1], "ApiId", pair[0].id, "Stage", pair[0].stage]]
    },
    {
      title   = "API latency, 95th percentile (ms)"
      stat    = "p95"
      metrics = [for api in var.api[*] : ["AWS/ApiGateway", "Latency", "ApiId", api.id, "Stage", api.stage]]
    },
    {
      title   = "Database processor (%)"
      stat    = "Average"
      metrics = [for identifier in var.database_identifier[*] : ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", identifier]]
    },
    {
      title   = "Database, free storage (bytes)"
      stat    = "Minimum"
      metrics = [for identifier in var.database_identifier[*] : ["AWS/RDS", "FreeStorageSpace", "DBInstanceIdentifier", identifier]]
    },
  ]

  charts = concat(local.counted, [for chart in local.watched : chart if length(chart.metrics) > 0])

  # Three in a row, on CloudWatch's grid of 24 columns.
  widgets = [for index, chart in local.charts : {
    type   = "metric"
    x      = index % 3 * 8
    y      = floor(index / 3) * 6
    width  = 8
    height = 6
    properties = {
      title   = chart.title
      region  = local.region
      view    = "timeSeries"
      period  = 300
      stat    = try(chart.stat, "Sum")
      metrics = chart.metrics
    }
  }]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.name_prefix}-${local.region}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}
