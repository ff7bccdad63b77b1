"""The simulated clouds convince the official client libraries; else the tests against them would prove little."""
import botocore.exceptions
import keystoneauth1.exceptions
import pytest
import truth


@pytest.fixture
def cloud(clouds):
    return clouds(servers=2300, openstack_servers=120)


def test_boto3_pages_through_the_instances(cloud):
    everything = {**truth.instances(cloud), **truth.instances(cloud, gone=True)}
    assert len(everything) == 2300 == cloud.state()["aws"]["servers"]
    assert all(identity.startswith("i-") for identity in everything)


def test_boto3_reads_types_regions_and_identity(cloud):
    client = truth.ec2(cloud, "us-east-1")
    kinds = client.describe_instance_types()["InstanceTypes"]
    assert kinds and all(kind["VCpuInfo"]["DefaultVCpus"] > 0 and kind["MemoryInfo"]["SizeInMiB"] > 0 for kind in kinds)
    assert {region["RegionName"] for region in client.describe_regions()["Regions"]} >= {"us-east-1", "eu-west-1"}


def test_boto3_filters_by_id(cloud):
    wanted = list(truth.instances(cloud, regions=["us-east-1"]))[:3]
    answer = truth.ec2(cloud, "us-east-1").describe_instances(Filters=[{"Name": "instance-id", "Values": [*wanted, "i-0000000000000000f"]}])
    found = [one["InstanceId"] for reservation in answer["Reservations"] for one in reservation["Instances"]]
    assert sorted(found) == sorted(wanted)


def test_a_wrong_key_is_refused_as_aws_does(cloud):
    for more in ({"secret": "wrong"}, {"access": "AKIAWRONG"}):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            truth.ec2(cloud, "us-east-1", **more).describe_instances()
        assert error.value.response["Error"]["Code"] in ("AuthFailure", "SignatureDoesNotMatch", "InvalidClientTokenId")


def test_openstacksdk_lists_servers_and_flavors(cloud):
    assert len(truth.nova_servers(cloud)) == 120
    flavors = list(truth.nova(cloud).compute.flavors())
    assert flavors and all(flavor.vcpus > 0 and flavor.ram > 0 for flavor in flavors)


def test_a_wrong_password_is_refused_as_keystone_does(cloud):
    with pytest.raises(keystoneauth1.exceptions.Unauthorized):
        list(truth.nova(cloud, password="wrong").compute.servers())
