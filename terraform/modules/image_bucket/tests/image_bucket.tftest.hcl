mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "a_bucket_is_closed_encrypted_and_only_reached_by_tls" {
  command = plan

  assert {
    condition     = aws_s3_bucket.images.bucket == "attendance-images-123456789012-eu-west-1"
    error_message = "The name is made of prefix, account and region."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.images.block_public_acls,
      aws_s3_bucket_public_access_block.images.block_public_policy,
      aws_s3_bucket_public_access_block.images.ignore_public_acls,
      aws_s3_bucket_public_access_block.images.restrict_public_buckets,
    ])
    error_message = "Nothing in the bucket may become public."
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.images.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access lists are off."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.images.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Without a key of one's own S3's keys encrypt."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.bucket.statement : [statement.effect, one(statement.condition).variable, one(statement.condition).values]] == [
      ["Deny", "aws:SecureTransport", tolist(["false"])],
      ["Deny", "s3:TlsVersion", tolist(["1.2"])],
    ]
    error_message = "Requests without TLS 1.2 are denied."
  }
  assert {
    condition     = data.aws_iam_policy_document.bucket.statement[0].resources == toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1", "arn:aws:s3:::attendance-images-123456789012-eu-west-1/*"])
    error_message = "They are denied for the bucket and all that is in it."
  }
  assert {
    condition     = !aws_s3_bucket.images.force_destroy && length(aws_s3_bucket_versioning.images) == 0 && length(aws_s3_bucket_cors_configuration.images) == 0
    error_message = "What is not asked for is not there."
  }
}

run "images_go_as_early_as_is_said" {
  command = plan

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.images.rule : rule.id => [one(rule.filter).prefix, one(rule.expiration[*].days)] if rule.id != "unfinished-uploads" } == {
      check-in-images  = ["checkins/", 7]
      enrolment-photos = ["enrolments/", 1]
    }
    error_message = "Check-in images live for 7 days, enrolment photos for one."
  }
}

run "enrolment_photos_are_kept_if_asked" {
  command = plan

  variables {
    retention = { check_in_days = 30, keep_enrolment_photos = true }
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.images.rule : rule.id => join("", rule.expiration[*].days) } == {
      check-in-images = "30", enrolment-photos = "", unfinished-uploads = ""
    }
    error_message = "Check-in images live for 30 days, enrolment photos until they are deleted."
  }
}

run "each_capability_names_its_objects" {
  command = plan

  assert {
    condition = [for statement in data.aws_iam_policy_document.read.statement : [statement.actions, statement.resources]] == [
      [toset(["s3:GetObject"]), toset([for kind in ["checkins", "enrolments", "other"] : "arn:aws:s3:::attendance-images-123456789012-eu-west-1/${kind}/*"])],
      [toset(["s3:ListBucket"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1"])],
    ]
    error_message = "A reader gets images and may list."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.write.statement : [statement.actions, statement.resources]] == [
      [toset(["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]), toset([for kind in ["checkins", "enrolments", "other"] : "arn:aws:s3:::attendance-images-123456789012-eu-west-1/${kind}/*"])],
      [toset(["s3:ListBucket", "s3:ListBucketVersions"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1"])],
    ]
    error_message = "A writer puts images, and deletes them with all their versions."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.upload.statement : [statement.actions, statement.resources]] == [
      [toset(["s3:PutObject"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1/checkins/*"])],
    ]
    error_message = "Who signs a form may put check-in images and nothing else."
  }
  assert {
    condition     = output.policies.records == null && output.policies.records_read == null
    error_message = "There is no policy for records that are elsewhere."
  }
}

run "each_policy_is_its_own_document" {
  command = plan

  variables {
    holds_records = true
  }

  override_data {
    target = data.aws_iam_policy_document.read
    values = { json = "\"read\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.write
    values = { json = "\"write\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.upload
    values = { json = "\"upload\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.records
    values = { json = "\"records\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.records_read
    values = { json = "\"records_read\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.bucket
    values = { json = "{\"Id\":\"bucket\"}" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { read = "read", write = "write", upload = "upload", records = "records", records_read = "records_read" }
    error_message = "An output gives the document of its name."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.images.policy).Id == "bucket"
    error_message = "The bucket has its own."
  }
}

run "records_have_versions_for_a_while" {
  command = plan

  variables {
    holds_records = true
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.images[0].versioning_configuration).status == "Enabled"
    error_message = "Versions are kept."
  }
  assert {
    condition = one([for rule in aws_s3_bucket_lifecycle_configuration.images.rule : [
      one(rule.filter).prefix, one(rule.noncurrent_version_expiration).noncurrent_days, one(rule.expiration).expired_object_delete_marker
    ] if rule.id == "earlier-versions-of-records"]) == ["records/", 30, true]
    error_message = "Earlier versions of records go after 30 days, and deletion markers with them."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.records[0].statement : [statement.actions, statement.resources]] == [
      [toset(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1/records/*"])],
      [toset(["s3:ListBucket", "s3:ListBucketVersions"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1"])],
    ]
    error_message = "Records are read, written and erased below records/."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.records_read[0].statement : [statement.actions, statement.resources]] == [
      [toset(["s3:GetObject"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1/records/*"])],
      [toset(["s3:ListBucket"]), toset(["arn:aws:s3:::attendance-images-123456789012-eu-west-1"])],
    ]
    error_message = "A reader of records changes nothing."
  }
}

run "a_key_of_ones_own_is_used_and_may_be_used_through_s3_only" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0192f3a4-7c1e-7b3a-8c55-0123456789ab"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.images.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "Objects are encrypted with the key."
  }
  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.read, data.aws_iam_policy_document.write, data.aws_iam_policy_document.upload] :
      one([for statement in document.statement : [statement.resources, one(statement.condition).variable, one(statement.condition).values] if startswith(one(slice(tolist(statement.actions), 0, 1)), "kms:")]) == [toset([var.kms_key_arn]), "kms:ViaService", tolist(["s3.eu-west-1.amazonaws.com"])]
    ])
    error_message = "Each capability has the key's rights it needs, and only through S3."
  }
}

run "pages_may_upload_across_origins" {
  command = plan

  variables {
    cors_origins = ["https://attendance.example.org", "http://localhost:8080"]
  }

  assert {
    condition     = one(aws_s3_bucket_cors_configuration.images[0].cors_rule).allowed_methods == toset(["POST"]) && one(aws_s3_bucket_cors_configuration.images[0].cors_rule).allowed_origins == toset(var.cors_origins)
    error_message = "Those pages may post, and do nothing else."
  }
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    name_prefix  = "School--A"
    retention    = { check_in_days = 0.5 }
    cors_origins = ["*"]
    kms_key_arn  = "alias/attendance"
  }

  expect_failures = [var.name_prefix, var.retention, var.cors_origins, var.kms_key_arn]
}
