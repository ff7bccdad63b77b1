"""What the clouds really have, asked by the official client libraries and compared with the inventory."""
import boto3
import botocore.config
import openstack


def ec2(cloud, region, **more):
    return boto3.client("ec2", region_name=region, endpoint_url=cloud.aws_url, aws_access_key_id=more.get("access", cloud.access),
                        aws_secret_access_key=more.get("secret", cloud.secret),
                        config=botocore.config.Config(retries={"max_attempts": more.get("attempts", 3)}))


def instances(cloud, regions=("us-east-1", "eu-west-1"), gone=False):
    """instance id -> (region, name, state, type) of all that has not ended."""
    found = {}
    for region in regions:
        for page in ec2(cloud, region).get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 1000}):
            for reservation in page["Reservations"]:
                for one in reservation["Instances"]:
                    ended = one["State"]["Name"] in ("terminated", "shutting-down")
                    if ended == gone:
                        name = next((tag["Value"] for tag in one.get("Tags", []) if tag["Key"] == "Name"), one["InstanceId"])
                        found[one["InstanceId"]] = (region, name or one["InstanceId"], one["State"]["Name"], one["InstanceType"])
    return found


def nova(cloud, **more):
    return openstack.connect(auth_url=cloud.openstack_url, username=cloud.user, password=more.get("password", cloud.password),
                             project_name=cloud.project, user_domain_name="Default", project_domain_name="Default", region_name="RegionOne",
                             identity_api_version="3")


def nova_servers(cloud):
    return {one.id: one for one in nova(cloud).compute.servers(details=True)}


def inventory_ids(tenant, **filters):
    """Provider ids of the active servers, each exactly once."""
    ids = [item["datacenters"]["instance_id"] for item in tenant.all("/servers", **filters)]
    assert len(ids) == len(set(ids)), "a resource is there twice"
    return set(ids)
