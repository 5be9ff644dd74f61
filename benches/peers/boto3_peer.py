"""boto3: a function that makes the clients which a check-in needs, and then asks Lambda's runtime API for an event."""

import http.client
import os

import boto3

CLIENTS = [boto3.client(service) for service in ("rekognition", "s3", "dynamodb", "sns", "kinesis")]

runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
runtime.request("GET", "/2018-06-01/runtime/invocation/next")
runtime.getresponse()
