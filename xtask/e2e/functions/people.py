"""People of the pool: who signs in, and as what."""

import base64
import hashlib
import secrets
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import web
from deployment import expect


def make(deployment, name, *groups):
    """Makes a user in groups, which are made where they are not there, and answers their name and password."""
    cognito = deployment.aws("cognito-idp")
    password = f"Aa1!{secrets.token_urlsafe(16)}"
    cognito.admin_create_user(UserPoolId=deployment.pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=deployment.pool, Username=name, Password=password, Permanent=True)
    for group in groups:
        try:
            cognito.create_group(UserPoolId=deployment.pool, GroupName=group)
        except cognito.exceptions.GroupExistsException:
            pass
        cognito.admin_add_user_to_group(UserPoolId=deployment.pool, Username=name, GroupName=group)
    return name, password


def sign_in(deployment, name, password, client=None):
    """Signs in as the pages do it, at the pool's own page, with a code and PKCE, and answers the tokens."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code", "client_id": client or deployment.client, "redirect_uri": deployment.redirect,
        "scope": "openid", "state": secrets.token_urlsafe(16), "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }  # fmt: skip
    browser = Browser()
    page = browser.ask(f"{deployment.sign_in}/oauth2/authorize?{urlencode(asked)}")
    form = Form()
    form.feed(page.body.decode())
    filled = form.fields | {"username": name, "password": password}
    back = browser.ask(urljoin(f"{deployment.sign_in}/login", form.action), filled).headers.get("location", "")
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    expect(back.startswith(deployment.redirect) and answer.get("state") == asked["state"], f"{name} came to {back!r}")
    grant = {
        "grant_type": "authorization_code", "client_id": asked["client_id"], "redirect_uri": deployment.redirect,
        "code": answer["code"], "code_verifier": verifier,
    }  # fmt: skip
    tokens = browser.ask(f"{deployment.sign_in}/oauth2/token", grant).was(200).json
    return {use: tokens[f"{use}_token"] for use in ["access", "id", "refresh"]}


class Browser:
    """Keeps cookies, and goes nowhere by itself."""

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies, Staying)

    def ask(self, address, form=None):
        body = form and urlencode(form).encode()
        return web.send(urllib.request.Request(address, body), self.opener.open)


class Staying(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Form(HTMLParser):
    """The form of a page: where it goes, and what is filled in already."""

    def __init__(self):
        super().__init__()
        self.action, self.fields = "", {}

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.action = attributes.get("action", "")
        if tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes["name"]] = attributes.get("value", "")


def signed_in(deployment, role, organization=None):
    """The tokens of somebody new."""
    group = f"{organization or deployment.home}:{role}"
    name, password = make(deployment, f"{role}-{secrets.token_hex(4)}@example.org", group)
    return sign_in(deployment, name, password)


def other_client(deployment, **settings):
    """Another app client of the same pool."""
    made = deployment.aws("cognito-idp").create_user_pool_client(
        UserPoolId=deployment.pool, ClientName=secrets.token_hex(4), **code_flow(deployment.redirect), **settings
    )
    return made["UserPoolClient"]["ClientId"]


def code_flow(redirect):
    """How an app client is made that takes a code and nothing else, as the pages' is."""
    return {
        "GenerateSecret": False, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"], "CallbackURLs": [redirect],
        "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid"],
        "SupportedIdentityProviders": ["COGNITO"],
    }  # fmt: skip
