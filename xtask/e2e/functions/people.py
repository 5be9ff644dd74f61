"""People of the pool: who signs in, and as what."""

import secrets


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
    """Signs in at the pages' client, or at another one, and answers the tokens."""
    tokens = deployment.aws("cognito-idp").initiate_auth(
        ClientId=client or deployment.client, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )["AuthenticationResult"]  # fmt: skip
    return {"access": tokens["AccessToken"], "id": tokens["IdToken"], "refresh": tokens["RefreshToken"]}


def signed_in(deployment, role, organization=None):
    """The tokens of somebody new."""
    group = f"{organization or deployment.home}:{role}"
    name, password = make(deployment, f"{role}-{secrets.token_hex(4)}", group)
    return sign_in(deployment, name, password)


def other_client(deployment, **settings):
    """Another app client of the same pool."""
    made = deployment.aws("cognito-idp").create_user_pool_client(
        UserPoolId=deployment.pool, ClientName=secrets.token_hex(4), GenerateSecret=False,
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"], **settings,
    )  # fmt: skip
    return made["UserPoolClient"]["ClientId"]
