"""Who may ask what: checked by the gateway, and by the function itself for whoever comes past it."""

import secrets
import time

import forgery
import people
from deployment import changed, expect, wait_for
from web import ask, ask_function

WHO = "/v1/whoami"


def the_document_and_the_states_of_health_need_no_token(world):
    for path in ["/healthz", "/openapi.json"]:
        for way in [ask, ask_function]:
            way(world.deployment, "GET", path).was(200)
    ask_function(world.deployment, "GET", "/readyz").was(200)


def both_tokens_of_a_user_are_taken(world):
    for token in [world.tokens["admin"][use] for use in ["access", "id"]]:
        for way in [ask, ask_function]:
            groups = way(world.deployment, "GET", WHO, token).was(200).json["groups"]
            expect(groups == [{"organization": world.deployment.home, "role": "admin"}], f"the groups {groups}")


def a_token_that_is_none_is_refused(world):
    deployment, good = world.deployment, world.tokens["admin"]["access"]
    elsewhere = people.other_client(deployment)
    user = people.make(deployment, f"elsewhere-{secrets.token_hex(4)}@example.org", f"{deployment.home}:admin")
    of_another_client = people.sign_in(deployment, *user, client=elsewhere)
    bad = {
        "none": None,
        "no token at all": "x",
        "tampered": forgery.tampered(good),
        "signed by somebody else": forgery.signed_by_somebody_else(good),
        "alg none": forgery.unsigned(good),
        "alg None with the signature": forgery.unsigned(good, "None", good.split(".")[2]),
        "HS256 with the public key": forgery.signed_with_the_public_key(good, deployment),
        "an access token of another client": of_another_client["access"],
        "an id token of another client": of_another_client["id"],
        "a refresh token": world.tokens["admin"]["refresh"],
        "of another pool": of_another_pool(deployment),
    }
    for what, token in bad.items():
        for way in [ask, ask_function]:
            answer = way(deployment, "GET", WHO, token)
            expect(answer.status == 401, f"{what}, {way.__name__}: {answer.status} {answer.body!r}")
        expect(answer.problem == "unauthorized", f"{what}: {answer.body!r}")
        expect("Bearer" in answer.headers.get("www-authenticate", ""), f"{what}: {answer.headers}")


def an_expired_token_is_refused(world):
    deployment = world.deployment
    short = people.other_client(deployment, AccessTokenValidity=3, TokenValidityUnits={"AccessToken": "seconds"})
    user = people.make(deployment, f"briefly-{secrets.token_hex(4)}@example.org", f"{deployment.home}:admin")
    with changed(deployment, "api", {"ATTENDANCE_TOKEN_CLIENTS": f"{deployment.client},{short}"}):
        token = people.sign_in(deployment, *user, client=short)["access"]
        ask_function(deployment, "GET", WHO, token).was(200)
        ends = forgery.read(token)[1]["exp"]
        wait_for("the token's end", lambda: time.time() >= ends)
        ask_function(deployment, "GET", WHO, token).was(401, "token-expired")
        ask(deployment, "GET", WHO, token).was(401)


def a_role_that_is_too_low_is_forbidden(world):
    person = world.attendees["grace"]["id"]
    for role, method, path in [
        ("kiosk", "GET", f"{world.home}/attendees"),
        ("kiosk", "GET", f"{world.home}/strangers"),
        ("operator", "DELETE", f"{world.home}/attendees/{person}"),
        ("attendee", "POST", f"{world.home}/uploads"),
    ]:
        body = {"content_type": "image/jpeg"} if method == "POST" else None
        for way in [ask, ask_function]:
            way(world.deployment, method, path, world.tokens[role]["access"], body).was(403, "forbidden")


def nobody_sees_through_the_wall_between_organizations(world):
    other = f"other-{secrets.token_hex(3)}"
    world.ask("admin", "POST", "/v1/orgs", {"id": other, "zone": "Asia/Kolkata"}).was(201)
    person, check_in = world.attendees["grace"]["id"], world.check_ins["grace"]
    stranger = people.signed_in(world.deployment, "admin", other)["access"]
    for way in [ask, ask_function]:
        for path in ["/attendees", f"/check-ins/{check_in}", f"/attendees/{person}"]:
            token = world.tokens["operator"]["access"]
            way(world.deployment, "GET", f"/v1/orgs/{other}{path}", token).was(404, "unknown-organization")
            way(world.deployment, "GET", f"{world.home}{path}", stranger).was(404, "unknown-organization")
        for path, problem in [(f"/check-ins/{check_in}", "not-found"), (f"/attendees/{person}", "unknown-attendee")]:
            way(world.deployment, "GET", f"/v1/orgs/{other}{path}", stranger).was(404, problem)
        way(world.deployment, "GET", f"/v1/orgs/{other}/attendees", stranger).was(200)


def of_another_pool(deployment):
    """A token that is good in a pool of somebody else."""
    cognito = deployment.aws("cognito-idp")
    pool = cognito.create_user_pool(PoolName=secrets.token_hex(4))["UserPool"]["Id"]
    theirs = type(deployment)(**(vars(deployment) | {"pool": pool}))
    user = people.make(theirs, "admin@example.org", f"{deployment.home}:admin")
    token = people.sign_in(theirs, *user, client=people.other_client(theirs))["access"]
    cognito.delete_user_pool(UserPoolId=pool)
    return token
