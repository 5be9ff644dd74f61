locals {
  wildcards = {
    FacesLook      = "DetectFaces looks at a picture that the caller has, and at no collection: AWS offers no resource for it."
    FacesProvision = "CreateCollection makes what has no ARN yet: AWS offers no resource for it."
  }
}

data "aws_iam_policy_document" "search" {
  statement {
    sid       = "FacesSearch"
    actions   = ["rekognition:SearchUsersByImage", "rekognition:SearchFacesByImage"]
    resources = local.collections
  }

  statement {
    sid       = "FacesLook"
    actions   = ["rekognition:DetectFaces"]
    resources = ["*"] # AWS offers no resource for it: see local.wildcards.
  }
}

# What enrolment, erasure and the reconciling sweep need, besides searching.
data "aws_iam_policy_document" "manage" {
  statement {
    sid = "FacesManage"
    actions = [
      "rekognition:AssociateFaces",
      "rekognition:CreateUser",
      "rekognition:DeleteFaces",
      "rekognition:DeleteUser",
      "rekognition:DescribeCollection",
      "rekognition:DisassociateFaces",
      "rekognition:IndexFaces",
      "rekognition:ListFaces",
      "rekognition:SearchUsers",
    ]
    resources = local.collections
  }
}

# For who makes organizations, and removes them.
data "aws_iam_policy_document" "provision" {
  # checkov:skip=CKV_AWS_111:CreateCollection takes no resource: see local.wildcards.
  # checkov:skip=CKV_AWS_356:The same.
  statement {
    sid       = "FacesProvision"
    actions   = ["rekognition:CreateCollection"]
    resources = ["*"] # AWS offers no resource for it: see local.wildcards.
  }

  statement {
    sid       = "FacesRemove"
    actions   = ["rekognition:DeleteCollection"]
    resources = local.collections
  }
}
