mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "nobody_is_told_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_sns_topic.audience) + length(aws_sesv2_email_identity.mail) == 0 && output.operators_topic_arn == null && output.attendees_topic_arn == null
    error_message = "Nothing is made."
  }
  assert {
    condition     = output.policies.tell == null && output.policies.forget == null && length(output.wildcards) == 0
    error_message = "No rights are given."
  }
}

run "sns_has_an_encrypted_topic_for_each_audience" {
  command = plan

  variables {
    notifier  = "sns"
    operators = ["office@example.org"]
  }

  assert {
    condition     = { for audience, topic in aws_sns_topic.audience : audience => [topic.name, topic.kms_master_key_id] } == { operators = ["attendance-operators", "alias/aws/sns"], attendees = ["attendance-attendees", "alias/aws/sns"] }
    error_message = "Operators and attendees have one each."
  }
  assert {
    condition     = { for address, subscription in aws_sns_topic_subscription.operators : address => subscription.protocol } == { "office@example.org" = "email" }
    error_message = "Operators are asked to confirm."
  }
  assert {
    condition = { for audience, document in data.aws_iam_policy_document.topic : audience => [one(document.statement).effect, one(document.statement).resources, one(one(document.statement).condition).variable] } == {
      operators = ["Deny", toset(["arn:aws:sns:eu-west-1:123456789012:attendance-operators"]), "aws:SecureTransport"]
      attendees = ["Deny", toset(["arn:aws:sns:eu-west-1:123456789012:attendance-attendees"]), "aws:SecureTransport"]
    }
    error_message = "Without TLS nothing is published."
  }
}

run "sns_rights_name_the_topics_where_they_can" {
  command = plan

  variables {
    notifier = "sns"
  }

  assert {
    condition = { for statement in data.aws_iam_policy_document.tell_by_sns[0].statement : statement.sid => [statement.actions, statement.resources] } == {
      NotifyPublish   = [toset(["sns:Publish"]), toset(["arn:aws:sns:eu-west-1:123456789012:attendance-operators", "arn:aws:sns:eu-west-1:123456789012:attendance-attendees"])]
      NotifyFind      = [toset(["sns:ListSubscriptionsByTopic"]), toset(["arn:aws:sns:eu-west-1:123456789012:attendance-attendees"])]
      NotifySubscribe = [toset(["sns:Subscribe"]), toset(["arn:aws:sns:eu-west-1:123456789012:attendance-attendees"])]
      NotifyAddress   = [toset(["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"]), toset(["*"])]
    }
    error_message = "Who tells publishes to both topics and subscribes attendees to theirs."
  }
  assert {
    condition = { for statement in data.aws_iam_policy_document.forget_by_sns[0].statement : statement.sid => [statement.actions, statement.resources] } == {
      ForgetFind         = [toset(["sns:ListSubscriptionsByTopic"]), toset(["arn:aws:sns:eu-west-1:123456789012:attendance-attendees"])]
      ForgetSubscription = [toset(["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"]), toset(["*"])]
    }
    error_message = "Who forgets ends subscriptions, and publishes nothing."
  }
  assert {
    condition = toset([for statement in concat(data.aws_iam_policy_document.tell_by_sns[0].statement, data.aws_iam_policy_document.forget_by_sns[0].statement) :
    statement.sid if contains(coalesce(statement.resources, []), "*")]) == toset(keys(output.wildcards))
    error_message = "A statement on everything is listed with its reason, and no other."
  }
}

run "text_messages_go_to_numbers_and_to_nothing_that_has_an_arn" {
  command = plan

  variables {
    notifier = "sns"
    sms      = { enabled = true, sender_id = "School" }
  }

  assert {
    condition = one([for statement in data.aws_iam_policy_document.tell_by_sns[0].statement : [statement.actions, statement.not_resources] if statement.sid == "NotifyText"]) == [
      toset(["sns:Publish"]), toset(["arn:aws:sns:*:*:*"])
    ]
    error_message = "A number has no ARN; everything that has one is left out."
  }
  assert {
    condition     = contains(keys(output.wildcards), "NotifyText")
    error_message = "All but some is nearly everything: it needs a reason too."
  }
}

run "ses_sends_from_one_address_by_tls" {
  variables {
    notifier  = "ses"
    operators = ["office@example.org"]
    mail      = { from = "attendance@school.example.org", domain = "example.org" }
  }

  assert {
    condition     = aws_sesv2_email_identity.mail[0].email_identity == "example.org" && aws_sesv2_email_identity.mail[0].configuration_set_name == "attendance-mail" && one(aws_sesv2_configuration_set.mail[0].delivery_options).tls_policy == "REQUIRE"
    error_message = "The domain is verified, and mails go by TLS only."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.tell_by_ses[0].statement : [statement.actions, statement.resources, one(statement.condition).variable, one(statement.condition).values]] == [[
      toset(["ses:SendEmail"]),
      toset(["arn:aws:ses:eu-west-1:123456789012:identity/example.org", "arn:aws:ses:eu-west-1:123456789012:configuration-set/attendance-mail"]),
      "ses:FromAddress",
      tolist(["attendance@school.example.org"]),
    ]]
    error_message = "Who tells sends from that address and no other."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.forget_by_ses[0].statement).actions == toset(["ses:DeleteSuppressedDestination"]) && toset(keys(output.wildcards)) == toset(["ForgetAddress"])
    error_message = "Who forgets takes an address from the list of those that bounced."
  }
  assert {
    condition     = length(aws_sns_topic.audience) == 0 && length(aws_sns_topic_subscription.operators) == 0
    error_message = "There are no topics; operators are written to."
  }
}

run "an_address_without_a_domain_is_confirmed_itself" {
  command = plan

  variables {
    notifier = "ses"
    mail     = { from = "attendance@example.org" }
  }

  assert {
    condition     = aws_sesv2_email_identity.mail[0].email_identity == "attendance@example.org" && output.mail_dns_records == []
    error_message = "The address is the identity."
  }
}

run "an_identity_that_is_verified_already_is_left_alone" {
  command = plan

  variables {
    notifier = "ses"
    mail     = { from = "attendance@example.org", identity_arn = "arn:aws:ses:eu-west-1:123456789012:identity/example.org" }
  }

  assert {
    condition     = length(aws_sesv2_email_identity.mail) == 0 && one(data.aws_iam_policy_document.tell_by_ses[0].statement).resources == toset(["arn:aws:ses:eu-west-1:123456789012:identity/example.org"])
    error_message = "It is used and not managed."
  }
}

run "the_policies_of_sns_are_their_own_documents" {
  command = plan

  variables {
    notifier = "sns"
  }

  override_data {
    target = data.aws_iam_policy_document.tell_by_sns
    values = { json = "\"tell\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.forget_by_sns
    values = { json = "\"forget\"" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { tell = "tell", forget = "forget" }
    error_message = "An output gives the document of its name."
  }
}

run "the_policies_of_ses_are_their_own_documents" {
  command = plan

  variables {
    notifier = "ses"
    mail     = { from = "attendance@example.org" }
  }

  override_data {
    target = data.aws_iam_policy_document.tell_by_ses
    values = { json = "\"tell\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.forget_by_ses
    values = { json = "\"forget\"" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { tell = "tell", forget = "forget" }
    error_message = "An output gives the document of its name."
  }
}

run "a_key_of_ones_own_encrypts_the_topics" {
  command = plan

  variables {
    notifier    = "sns"
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0192f3a4-7c1e-7b3a-8c55-0123456789ab"
  }

  assert {
    condition     = alltrue([for topic in aws_sns_topic.audience : topic.kms_master_key_id == var.kms_key_arn])
    error_message = "Topics are encrypted with the key."
  }
  assert {
    condition     = one([for statement in data.aws_iam_policy_document.tell_by_sns[0].statement : [statement.resources, one(statement.condition).values] if statement.sid == "NotifyKey"]) == [toset([var.kms_key_arn]), tolist(["sns.eu-west-1.amazonaws.com"])]
    error_message = "Who publishes may use it, through SNS."
  }
}

run "ses_without_a_sender_is_refused" {
  command = plan

  variables {
    notifier = "ses"
  }

  expect_failures = [var.mail]
}

run "a_sender_of_another_domain_is_refused" {
  command = plan

  variables {
    notifier = "ses"
    mail     = { from = "attendance@notexample.org", domain = "example.org" }
  }

  expect_failures = [var.mail]
}

run "text_messages_without_sns_are_refused" {
  command = plan

  variables {
    sms = { enabled = true, sender_id = "12345" }
  }

  expect_failures = [var.sms]
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    notifier  = "email"
    operators = ["office"]
  }

  expect_failures = [var.notifier, var.operators]
}
