"""Provisions on an emulator what the functions need, and describes it in `deployment.json`.

What Terraform makes on AWS, in as few calls of boto3 as will do: no roles, no alarms, no encryption.
"""

import argparse
import json
import os
import secrets
import urllib.request
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import people
from deployment import FUNCTIONS, OPERATORS, ROLES, Deployment, client, wait_for

# Pictures that the services store themselves have no suffix, so that nothing loops.
TRIGGERS = [(prefix, suffix) for prefix in ["checkins/", "enrolments/"] for suffix in [".jpg", ".jpeg", ".png"]]

# What can be asked without a token.
OPEN = ["ANY /healthz", "ANY /readyz", "ANY /openapi.json"]

# Where people come back to who have signed in.
REDIRECT = "https://pages.example.org/index.html"

# Who writes mails.
SENDER = "attendance@example.org"

# The emulator takes any role.
ROLE = "arn:aws:iam::000000000000:role/attendance"


def main():
    options = arguments()
    name = f"attendance-{options.repository}-{secrets.token_hex(3)}"
    aws = lambda service: client(service, options.region, options.endpoint)

    queues = {kind: queue(aws("sqs"), f"{name}-{kind}") for kind in ["dead-letters", "failures"]}
    topics = {}
    if options.notifier == "sns":
        topics = {
            kind: aws("sns").create_topic(Name=f"{name}-{kind}")["TopicArn"] for kind in ["operators", "attendees"]
        }
    else:
        for address in [SENDER, OPERATORS]:
            aws("sesv2").create_email_identity(EmailIdentity=address)
    stream(aws("kinesis"), name)
    aws("s3").create_bucket(Bucket=name)
    pool, app = sign_in(aws("cognito-idp"), name)

    deployment = Deployment(
        name=name, repository=options.repository, region=options.region, api="", bucket=name, stream=name,
        dead_letters=queues["dead-letters"]["address"], failures=[queues["failures"]["address"]], pool=pool, client=app,
        redirect=REDIRECT, sign_in=options.endpoint, notifier=options.notifier, topics=topics, functions={kind: f"{name}-{kind}" for kind in FUNCTIONS},
        endpoint=options.endpoint, rekognition=options.rekognition,
    )  # fmt: skip
    environment = settings(deployment) | keys(options, deployment) | repository(options, aws, name)
    environment = {name: value for name, value in environment.items() if value}
    arns = {kind: function(aws("lambda"), deployment, kind, options.functions, environment) for kind in FUNCTIONS}
    for arn in arns.values():
        wait_for(f"{arn} to be active", partial(is_active, aws("lambda"), arn))

    failures = {"OnFailure": {"Destination": queues["failures"]["arn"]}}
    triggered_by_bucket(aws, deployment, arns["ingest"], failures)
    if options.repository == "dynamodb":
        follow(aws("lambda"), arns["relay"], table(aws("dynamodb"), name), failures, pending_events())
    source = aws("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    for kind in ["notify", "analytics"]:
        follow(aws("lambda"), arns[kind], source, failures)
    address = gateway(aws, deployment, arns["api"])

    description = Deployment(**(vars(deployment) | {"api": address}))
    description.write(options.out)
    print(f"deployed {name}: {options.out}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", choices=["dynamodb", "postgres", "mysql", "s3"], required=True)
    parser.add_argument("--notifier", choices=["sns", "ses"], default="sns")
    parser.add_argument("--keys", choices=["fetched", "given"], default="fetched", help="how the pool's keys are known")
    parser.add_argument("--functions", type=Path, required=True, help="the folder with api.zip, ingest.zip, ...")
    parser.add_argument("--endpoint", required=True, help="where the emulator is")
    parser.add_argument("--rekognition", required=True, help="where rekognition-local is")
    url = {"default": os.environ.get("DATABASE_URL"), "help": "scheme://user:password@host:port/name; or DATABASE_URL"}
    parser.add_argument("--database-url", **url)
    parser.add_argument("--database-roots", help="a PEM file of the root that signed its certificate")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--out", type=Path, default=Path("deployment.json"))
    return parser.parse_args()


def queue(sqs, name):
    address = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])["Attributes"]
    return {"address": address, "arn": attributes["QueueArn"]}


def stream(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def sign_in(cognito, name):
    """A pool in which only admins make users, an app client as the pages use it, and a group a role."""
    pool = cognito.create_user_pool(PoolName=name, AdminCreateUserConfig={"AllowAdminCreateUserOnly": True})
    pool = pool["UserPool"]["Id"]
    app = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="pages", **people.code_flow(REDIRECT)
    )
    for role in ROLES:
        cognito.create_group(UserPoolId=pool, GroupName=f"default:{role}")
    return pool, app["UserPoolClient"]["ClientId"]


def settings(deployment):
    """The environment that all functions share. None reads what is not for it."""
    told = {
        "ATTENDANCE_NOTIFIER": "sns",
        "ATTENDANCE_OPERATORS_TOPIC": deployment.topics.get("operators"),
        "ATTENDANCE_ATTENDEES_TOPIC": deployment.topics.get("attendees"),
    }
    if deployment.notifier == "ses":
        told = {
            "ATTENDANCE_NOTIFIER": "ses",
            "ATTENDANCE_MAIL_FROM": SENDER,
            "ATTENDANCE_MAIL_OPERATORS": OPERATORS,
        }
    return told | {
        "ATTENDANCE_REPOSITORY": deployment.repository,
        "ATTENDANCE_BUCKET": deployment.bucket,
        "ATTENDANCE_COLLECTION_PREFIX": deployment.name,
        # The README of rekognition-local says so.
        "ATTENDANCE_THRESHOLD": "95",
        "ATTENDANCE_STREAM": deployment.stream,
        "ATTENDANCE_DEAD_LETTERS": deployment.dead_letters,
        "ATTENDANCE_HOME": deployment.home,
        "ATTENDANCE_HOME_ZONE": deployment.zone,
        "ATTENDANCE_TOKEN_ISSUER": deployment.issuer,
        "ATTENDANCE_TOKEN_CLIENTS": deployment.client,
        "AWS_ENDPOINT_URL": deployment.endpoint,
        "AWS_ENDPOINT_URL_REKOGNITION": deployment.rekognition,
    }


def keys(options, deployment):
    """How the function that checks tokens gets to know the pool's public keys."""
    if options.keys == "fetched":
        return {"ATTENDANCE_TOKEN_KEYS_URL": deployment.keys_address}
    with urllib.request.urlopen(deployment.keys_address, timeout=10) as answer:
        return {"ATTENDANCE_TOKEN_KEYS": answer.read().decode()}


def repository(options, aws, name):
    """Makes what the repository lies in, and answers the variables that name it."""
    if options.repository == "s3":
        return {}
    if options.repository == "dynamodb":
        table(aws("dynamodb"), name)
        return {"ATTENDANCE_TABLE": name}
    url = urlsplit(options.database_url)
    login = {
        "engine": options.repository, "host": url.hostname, "port": url.port, "dbname": url.path.lstrip("/"),
        "username": unquote(url.username), "password": unquote(url.password),
    }  # fmt: skip
    secret = aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(login))["ARN"]
    return {"ATTENDANCE_DATABASE_SECRET": secret, "ATTENDANCE_DATABASE_ROOTS": options.database_roots}


def table(dynamodb, name):
    """Makes the table, unless it is there, and answers the ARN of its stream."""
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    try:
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            # Keys say what is pending, and nothing personal.
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )  # fmt: skip
        lifetime = {"AttributeName": "expires_at", "Enabled": True}
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=lifetime)
    except dynamodb.exceptions.ResourceInUseException:
        pass
    return dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]


def pending_events():
    """Of the table's stream, only what the outbox got."""
    return {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "outbox#"}]}}}}


def function(lambdas, deployment, kind, zips, environment):
    name = deployment.functions[kind]
    made = lambdas.create_function(
        FunctionName=name, Role=ROLE, Runtime="provided.al2023", Handler="bootstrap", Architectures=["x86_64"],
        Code={"ZipFile": (zips / f"{kind}.zip").read_bytes()}, Timeout=60, MemorySize=256,
        Environment={"Variables": environment},
    )  # fmt: skip
    return made["FunctionArn"]


def is_active(lambdas, arn):
    return lambdas.get_function_configuration(FunctionName=arn)["State"] == "Active"


def triggered_by_bucket(aws, deployment, ingest, failures):
    name = deployment.functions["ingest"]
    aws("lambda").add_permission(
        FunctionName=name, StatementId="bucket", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{deployment.bucket}",
    )  # fmt: skip
    aws("lambda").put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=2, DestinationConfig=failures
    )
    filters = [
        [{"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}] for prefix, suffix in TRIGGERS
    ]
    notifications = [
        {"LambdaFunctionArn": ingest, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
        for rules in filters
    ]
    s3 = aws("s3")
    s3.put_bucket_notification_configuration(
        Bucket=deployment.bucket, NotificationConfiguration={"LambdaFunctionConfigurations": notifications}
    )
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "MaxAgeSeconds": 3600}
    s3.put_bucket_cors(Bucket=deployment.bucket, CORSConfiguration={"CORSRules": [rule]})


def follow(lambdas, function, source, failures, pattern=None):
    """Lets a function follow a stream."""
    filters = {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]}} if pattern else {}
    lambdas.create_event_source_mapping(
        FunctionName=function, EventSourceArn=source, StartingPosition="TRIM_HORIZON", BatchSize=100,
        FunctionResponseTypes=["ReportBatchItemFailures"], BisectBatchOnFunctionError=True, MaximumRetryAttempts=5,
        DestinationConfig=failures, **filters,
    )  # fmt: skip


def gateway(aws, deployment, api):
    """An HTTP API that looks at tokens before the function does."""
    gateways = aws("apigatewayv2")
    anywhere = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"], "MaxAge": 3600}
    made = gateways.create_api(Name=deployment.name, ProtocolType="HTTP", CorsConfiguration=anywhere)["ApiId"]
    authorizer = gateways.create_authorizer(
        ApiId=made, Name="pool", AuthorizerType="JWT", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": deployment.issuer, "Audience": [deployment.client]},
    )  # fmt: skip
    target = gateways.create_integration(
        ApiId=made, IntegrationType="AWS_PROXY", IntegrationUri=api, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{target['IntegrationId']}"
    signed_in = {"AuthorizationType": "JWT", "AuthorizerId": authorizer["AuthorizerId"]}
    gateways.create_route(ApiId=made, RouteKey="ANY /v1/{proxy+}", Target=target, **signed_in)
    for route in OPEN:
        gateways.create_route(ApiId=made, RouteKey=route, Target=target, AuthorizationType="NONE")
    gateways.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    aws("lambda").add_permission(
        FunctionName=deployment.functions["api"], StatementId="gateway", Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )  # fmt: skip
    # The emulator's own hosts end with `localhost`, which not every machine resolves.
    return f"{deployment.endpoint}/_aws/execute-api/{made}"


if __name__ == "__main__":
    main()
