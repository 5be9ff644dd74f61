"""Tokens that must not be taken."""

import base64
import hashlib
import hmac
import json
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def written(part):
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read(token):
    """A token's header and claims."""
    header, claims, _ = token.split(".")
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)]


def tampered(token):
    """The same signature under more rights."""
    header, claims = read(token)
    claims["cognito:groups"] = [*claims.get("cognito:groups", []), "other:admin"]
    return ".".join([written(header), written(claims), token.split(".")[2]])


def unsigned(token, algorithm="none", signature=""):
    header, claims = read(token)
    return ".".join([written(header | {"alg": algorithm}), written(claims), signature])


def signed_with_the_public_key(token, deployment):
    """HS256, with what everybody knows as the secret."""
    header, claims = read(token)
    signed = f"{written(header | {'alg': 'HS256'})}.{written(claims)}"
    key = public_key(deployment, header["kid"])
    return f"{signed}.{written(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def signed_by_somebody_else(token):
    """RS256 and the pool's key id, but with another key."""
    header, claims = read(token)
    signed = f"{written(header)}.{written(claims)}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return f"{signed}.{written(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def public_key(deployment, kid):
    """The pool's key of that id as PEM."""
    with urllib.request.urlopen(deployment.keys_address, timeout=10) as answer:
        key = next(key for key in json.load(answer)["keys"] if key["kid"] == kid)
    number = lambda name: int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big")
    public = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
