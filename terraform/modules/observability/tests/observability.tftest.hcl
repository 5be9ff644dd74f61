mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "alarms_go_to_an_encrypted_topic" {
  assert {
    condition     = aws_sns_topic.alarms.name == "attendance-alarms" && aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.alarms.arn && aws_kms_key.alarms.enable_key_rotation
    error_message = "The topic has a key that is rotated."
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) + length(aws_sns_topic_subscription.alarms) + length(aws_budgets_budget.monthly) == 0
    error_message = "What is not given is not watched, and nobody is told who was not named."
  }
}

run "only_this_deployments_alarms_publish" {
  command = plan

  assert {
    condition = { for condition in data.aws_iam_policy_document.topic.statement[0].condition : condition.variable => condition.values } == {
      "aws:SourceArn"     = tolist(["arn:aws:cloudwatch:eu-west-1:123456789012:alarm:attendance-*"])
      "aws:SourceAccount" = tolist(["123456789012"])
    }
    error_message = "CloudWatch publishes for them."
  }
  assert {
    condition     = data.aws_iam_policy_document.topic.statement[1].effect == "Deny" && one(data.aws_iam_policy_document.topic.statement[1].condition).variable == "aws:SecureTransport"
    error_message = "Nobody publishes without TLS."
  }
  assert {
    condition = toset([for statement in concat(data.aws_iam_policy_document.key.statement, data.aws_iam_policy_document.topic.statement) :
    statement.sid if contains(statement.resources, "*")]) == toset(keys(output.wildcards))
    error_message = "A statement on everything is listed with its reason, and no other."
  }
}

run "documents_go_where_they_belong" {
  override_data {
    target = data.aws_iam_policy_document.key
    values = { json = "{\"Id\":\"key\"}" }
  }
  override_data {
    target = data.aws_iam_policy_document.topic
    values = { json = "{\"Id\":\"topic\"}" }
  }

  assert {
    condition     = jsondecode(aws_kms_key.alarms.policy).Id == "key" && jsondecode(aws_sns_topic_policy.alarms.policy).Id == "topic"
    error_message = "Each has its own."
  }
}

run "everything_that_can_fail_has_an_alarm" {
  variables {
    functions           = { api = "attendance-api", notify = "attendance-notify" }
    stream_functions    = ["notify"]
    dead_letter_queues  = { notify = "attendance-notify-dead-letters" }
    api                 = { id = "a1b2c3d4e5" }
    database_identifier = "attendance-database"
    alarm_email         = "operations@example.org"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.namespace} ${alarm.metric_name} ${alarm.statistic} ${alarm.threshold}" } == {
      api-errors          = "AWS/Lambda Errors Sum 1"
      api-server-errors   = "AWS/ApiGateway 5xx Sum 5"
      api-throttles       = "AWS/Lambda Throttles Sum 1"
      database-processor  = "AWS/RDS CPUUtilization Average 80"
      database-storage    = "AWS/RDS FreeStorageSpace Minimum 4294967296"
      notify-behind       = "AWS/Lambda IteratorAge Maximum 600000"
      notify-dead-letters = "AWS/SQS ApproximateNumberOfMessagesVisible Maximum 1"
      notify-errors       = "AWS/Lambda Errors Sum 1"
      notify-throttles    = "AWS/Lambda Throttles Sum 1"
    }
    error_message = "Queues, functions, streams, API and database."
  }
  assert {
    condition     = [for key, alarm in aws_cloudwatch_metric_alarm.this : key if alarm.comparison_operator == "LessThanOrEqualToThreshold"] == ["database-storage"]
    error_message = "Storage is too little, everything else too much."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset([output.alarm_topic_arn]) && alarm.ok_actions == toset([output.alarm_topic_arn])])
    error_message = "Each tells when it begins and when it ends."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["api-server-errors"].dimensions == tomap({ ApiId = "a1b2c3d4e5", Stage = "$default" })
    error_message = "An alarm looks at what it was given."
  }
  assert {
    condition     = one(aws_sns_topic_subscription.alarms).endpoint == "operations@example.org"
    error_message = "Operations are asked to confirm."
  }
  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 12
    error_message = "The dashboard shows all of it."
  }
}

run "the_dashboard_searches_what_analytics_counts" {
  command = plan

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.title] == ["Arrivals", "Late", "Strangers"]
    error_message = "Arrivals, those who were late, strangers."
  }
  assert {
    condition     = strcontains(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.metrics[0][0].expression, "{Attendance,Organization} MetricName=\"Arrivals\"")
    error_message = "By namespace and dimensions."
  }
  assert {
    condition     = output.dashboard_url == "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/attendance-eu-west-1"
    error_message = "The address leads to it."
  }
}

run "a_budget_tells_before_it_is_spent" {
  command = plan

  variables {
    alarm_email        = "operations@example.org"
    monthly_budget_usd = 50
  }

  assert {
    condition     = aws_budgets_budget.monthly[0].limit_amount == "50" && { for notification in aws_budgets_budget.monthly[0].notification : notification.notification_type => notification.threshold } == { ACTUAL = 80, FORECASTED = 100 }
    error_message = "At 80 % of it, and when more is foreseen."
  }
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan

  variables {
    monthly_budget_usd = 50
  }

  expect_failures = [var.monthly_budget_usd]
}

run "a_fraction_where_percent_is_meant_is_refused" {
  command = plan

  variables {
    thresholds = { database_cpu = 0.8 }
  }

  expect_failures = [var.thresholds]
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    functions        = { api = "attendance-api" }
    stream_functions = ["notify"]
    alarm_email      = "operations"
  }

  expect_failures = [var.stream_functions, var.alarm_email]
}
