"""Looks for everything whose name begins with a prefix, and ends with 1 if there is anything.

What stays by design is not looked for: keys of KMS that wait for their deletion, and collections of faces, which the library
makes and not Terraform.
"""

import argparse
import sys

from deployment import client

# What has no name but a tag.
TAG = "Tags"

# Of each service what lists its resources, where they are in the answer, and what names them (nothing: they are names).
LISTS = {
    "apigatewayv2": [("get_apis", "Items", "Name")],
    "cloudwatch": [
        ("describe_alarms", "MetricAlarms", "AlarmName"), ("list_dashboards", "DashboardEntries", "DashboardName"),
    ],
    "cognito-idp": [("list_user_pools", "UserPools", "Name")],
    "dynamodb": [("list_tables", "TableNames", None)],
    "ec2": [("describe_vpcs", "Vpcs", TAG), ("describe_security_groups", "SecurityGroups", "GroupName")],
    "events": [("list_rules", "Rules", "Name")],
    "iam": [("list_roles", "Roles", "RoleName"), ("list_policies", "Policies", "PolicyName")],
    "kinesis": [("list_streams", "StreamNames", None)],
    "kms": [("list_aliases", "Aliases", "AliasName")],
    "lambda": [("list_functions", "Functions", "FunctionName"), ("list_event_source_mappings", "EventSourceMappings", "FunctionArn")],
    "logs": [("describe_log_groups", "logGroups", "logGroupName")],
    "rds": [
        ("describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        ("describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ],
    "s3": [("list_buckets", "Buckets", "Name")],
    "scheduler": [("list_schedules", "Schedules", "Name")],
    "secretsmanager": [("list_secrets", "SecretList", "Name")],
    "sesv2": [("list_configuration_sets", "ConfigurationSets", None)],
    "sns": [("list_topics", "Topics", "TopicArn")],
    "sqs": [("list_queues", "QueueUrls", None)],
}  # fmt: skip

# What a call needs to be told.
ARGUMENTS = {"list_user_pools": {"MaxResults": 60}, "list_policies": {"Scope": "Local"}}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("prefix")
    options = parser.parse_args()
    found = [name for name in names(options) if is_of(options.prefix, name)]
    for name in found:
        print(f"left: {name}")
    return 1 if found else 0


def names(options):
    for service, lists in LISTS.items():
        aws = client(service, options.region, options.endpoint)
        for operation, where, key in lists:
            answer = getattr(aws, operation)(**ARGUMENTS.get(operation, {}))
            for item in answer.get(where, []):
                yield f"{service} {name_of(item, key)}"


def name_of(item, key):
    if key == TAG:
        return next((tag["Value"] for tag in item.get(TAG, []) if tag["Key"] == "Name"), "")
    return item[key] if key else item


def is_of(prefix, name):
    """Whether the last part of a name, an address or an ARN begins with the prefix."""
    last = name.replace(":", "/").replace(" ", "/").rpartition("/")[2]
    return last == prefix or last.startswith(f"{prefix}-")


if __name__ == "__main__":
    sys.exit(main())
