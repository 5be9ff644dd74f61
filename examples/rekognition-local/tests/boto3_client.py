"""Drives rekognition-local with boto3: `boto3_client.py URL PORTRAITS`.

PORTRAITS holds grace_hopper.jpg and astronaut.png. With ATTENDANCE_FACES, the people of that folder's `NAME<digit>.jpg`
are enrolled and found instead, and those of its `identification1.jpg` in a group.
"""

import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

URL, PORTRAITS = sys.argv[1], Path(sys.argv[2])
COLLECTION = "boto3"
# The threshold that attendance recommends for these networks: one pair of strangers in 10,000 reaches it.
THRESHOLD = 95

client = boto3.client(
    "rekognition",
    endpoint_url=URL,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"total_max_attempts": 1}),
)


def people():
    """The pictures of each person: the first is enrolled, the others are searched for."""
    folder = os.environ.get("ATTENDANCE_FACES")
    if not folder:
        # One picture each: the same one is found again.
        return {name.split(".")[0]: [PORTRAITS / name] * 2 for name in ("astronaut.png", "grace_hopper.jpg")}
    found = defaultdict(list)
    for path in sorted(Path(folder).glob("*.jpg")):
        if (name := re.fullmatch(r"(Family\d-\w+?)\d\.jpg", path.name)) is not None:
            found[name[1]].append(path)
    assert len(found) >= 2, f"{folder} holds nobody"
    return found


def image(path):
    return {"Bytes": Path(path).read_bytes()}


def refused(code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{code} was expected, not {found}: {error}"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert error.response["ResponseMetadata"]["RequestId"]
        return error
    raise AssertionError(f"{code} was expected, not {answer}")


def enrol(everybody):
    faces = {}
    for name, pictures in everybody.items():
        answer = client.index_faces(
            CollectionId=COLLECTION, Image=image(pictures[0]), ExternalImageId=name, MaxFaces=1
        )
        (record,) = answer["FaceRecords"]
        assert record["Face"]["ExternalImageId"] == name
        faces[name] = record["Face"]["FaceId"]
        client.create_user(CollectionId=COLLECTION, UserId=name)
        associated = client.associate_faces(CollectionId=COLLECTION, UserId=name, FaceIds=[faces[name]])
        assert associated["AssociatedFaces"] == [{"FaceId": faces[name]}], associated
        assert associated["UserStatus"] == "ACTIVE"
    return faces


def find(everybody, faces):
    """Whoever is found is the right one; nearly everybody is found."""
    looked, found = 0, 0
    for name, pictures in everybody.items():
        for picture in pictures[1:]:
            looked += 1
            by_face = client.search_faces_by_image(
                CollectionId=COLLECTION, Image=image(picture), FaceMatchThreshold=THRESHOLD
            )["FaceMatches"]
            by_user = client.search_users_by_image(
                CollectionId=COLLECTION, Image=image(picture), UserMatchThreshold=THRESHOLD, MaxUsers=1
            )["UserMatches"]
            # With one face each, a user is as alike as the face.
            assert [m["Face"]["FaceId"] for m in by_face[:1]] == [faces[m["User"]["UserId"]] for m in by_user]
            for match in by_user:
                assert match["User"]["UserId"] == name, f"{picture.name} was taken for {match}"
                assert match["Similarity"] >= THRESHOLD
                found += 1
    assert looked >= 2 and found >= 0.8 * looked, f"{found} of {looked} were found"
    print(f"{found} of {looked} pictures were given their person, none another's, of {len(everybody)} people")


def group(folder):
    """Four people in one picture: the largest is searched for, the others are named as left out."""
    picture = image(Path(folder) / "identification1.jpg")
    details = client.detect_faces(Image=picture, Attributes=["ALL"])["FaceDetails"]
    assert len(details) == 4, len(details)
    areas = [d["BoundingBox"]["Width"] * d["BoundingBox"]["Height"] for d in details]
    assert areas == sorted(areas, reverse=True)
    answer = client.search_users_by_image(CollectionId=COLLECTION, Image=picture, UserMatchThreshold=THRESHOLD)
    assert answer["SearchedFace"]["FaceDetail"] == details[0]
    assert [face["Reasons"] for face in answer["UnsearchedFaces"]] == [["FACE_NOT_LARGEST"]] * 3
    indexed = client.index_faces(CollectionId=COLLECTION, Image=picture, MaxFaces=3, QualityFilter="NONE")
    assert len(indexed["FaceRecords"]) == 3
    assert [face["Reasons"] for face in indexed["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]
    named = set()
    for record in indexed["FaceRecords"]:
        matches = client.search_users(
            CollectionId=COLLECTION, FaceId=record["Face"]["FaceId"], UserMatchThreshold=THRESHOLD, MaxUsers=1
        )["UserMatches"]
        named.update(match["User"]["UserId"] for match in matches)
    assert named <= {"Family1-Son", "Family1-Dad", "Family1-Mom", "Family1-Daughter"}, named
    client.delete_faces(CollectionId=COLLECTION, FaceIds=[r["Face"]["FaceId"] for r in indexed["FaceRecords"]])


def pages(faces):
    paginator = client.get_paginator("list_faces").paginate(CollectionId=COLLECTION, PaginationConfig={"PageSize": 1})
    listed = [page["Faces"] for page in paginator]
    assert all(len(page) == 1 for page in listed)
    assert {page[0]["FaceId"]: page[0]["UserId"] for page in listed} == {face: name for name, face in faces.items()}
    users, token = [], {}
    while True:
        page = client.list_users(CollectionId=COLLECTION, MaxResults=1, **token)
        users += page["Users"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert users == [{"UserId": name, "UserStatus": "ACTIVE"} for name in faces]
    assert COLLECTION in client.list_collections(MaxResults=1)["CollectionIds"]


def errors(everybody, faces):
    (first, face), (second, _) = list(faces.items())[:2]
    there, portrait = {"CollectionId": COLLECTION}, image(everybody[first][0])
    nowhere = "00000000-0000-4000-8000-000000000000"
    refused("ResourceAlreadyExistsException", client.create_collection, CollectionId=COLLECTION)
    refused("ResourceNotFoundException", client.describe_collection, CollectionId="nowhere")
    refused("ResourceNotFoundException", client.index_faces, CollectionId="nowhere", Image=portrait)
    refused("ValidationException", client.create_collection, CollectionId="a b")
    refused("ValidationException", client.search_faces_by_image, **there, Image=portrait, FaceMatchThreshold=101)
    refused("ValidationException", client.list_faces, **there, MaxResults=5000)
    refused("ValidationException", client.index_faces, **there, Image=portrait, ExternalImageId="a/b")
    refused("ValidationException", client.detect_faces, Image={"Bytes": b"x" * (5 * 1024 * 1024 + 1)})
    refused("InvalidImageFormatException", client.detect_faces, Image={"Bytes": b"this is no image"})
    refused("InvalidParameterException", client.detect_faces, Image={})
    refused("InvalidParameterException", client.search_faces, **there, FaceId=nowhere)
    refused("InvalidParameterException", client.search_users, **there)
    refused("InvalidS3ObjectException", client.detect_faces, Image={"S3Object": {"Bucket": "none", "Name": "none"}})
    refused("InvalidPaginationTokenException", client.list_faces, **there, NextToken="none")
    refused("ConflictException", client.create_user, **there, UserId=first)
    refused("ResourceNotFoundException", client.delete_user, **there, UserId="nobody")
    client.create_user(**there, UserId="twice", ClientRequestToken="once")
    client.create_user(**there, UserId="twice", ClientRequestToken="once")
    refused(
        "IdempotentParameterMismatchException",
        client.create_user, **there, UserId="other", ClientRequestToken="once",
    )
    client.delete_user(**there, UserId="twice")

    associated = client.associate_faces(**there, UserId=second, FaceIds=[face, nowhere])
    reasons = {f["FaceId"]: f["Reasons"] for f in associated["UnsuccessfulFaceAssociations"]}
    assert reasons == {face: ["ASSOCIATED_TO_A_DIFFERENT_USER"], nowhere: ["FACE_NOT_FOUND"]}, associated
    client.disassociate_faces(**there, UserId=first, FaceIds=[face])
    associated = client.associate_faces(**there, UserId=second, FaceIds=[face], UserMatchThreshold=THRESHOLD)
    (unlike,) = associated["UnsuccessfulFaceAssociations"]
    assert unlike["Reasons"] == ["LOW_MATCH_CONFIDENCE"] and unlike["Confidence"] < THRESHOLD, associated
    client.associate_faces(**there, UserId=first, FaceIds=[face])

    deleted = client.delete_faces(**there, FaceIds=[face, nowhere])
    reasons = {f["FaceId"]: f["Reasons"] for f in deleted["UnsuccessfulFaceDeletions"]}
    assert reasons == {face: ["ASSOCIATED_TO_AN_EXISTING_USER"], nowhere: ["FACE_NOT_FOUND"]}, deleted
    client.delete_user(**there, UserId=first)
    assert client.delete_faces(**there, FaceIds=[face])["DeletedFaces"] == [face]
    matches = client.search_faces_by_image(**there, Image=portrait, FaceMatchThreshold=THRESHOLD)["FaceMatches"]
    assert matches == [], "a deleted face is not found any more"


created = client.create_collection(CollectionId=COLLECTION)
assert created["StatusCode"] == 200 and created["CollectionArn"].endswith(f":collection/{COLLECTION}")
everybody = people()
faces = enrol(everybody)
described = client.describe_collection(CollectionId=COLLECTION)
assert described["FaceCount"] == described["UserCount"] == len(faces)
assert described["CreationTimestamp"].year >= 2025
find(everybody, faces)
if folder := os.environ.get("ATTENDANCE_FACES"):
    group(folder)
pages(faces)
errors(everybody, faces)
assert client.delete_collection(CollectionId=COLLECTION)["StatusCode"] == 200
print("all is well")
