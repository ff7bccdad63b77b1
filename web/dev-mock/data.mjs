// Deterministic sample data for the development mock.
let seed = 20240611;
export function rnd() {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 4294967296;
}
export const pick = (a) => a[Math.floor(rnd() * a.length)];
let counter = 1;
export const oid = () => (0x65000000 + counter++).toString(16).padStart(8, '0') + '5eed000000000000';
export const ago = (s) => new Date(Date.now() - s * 1000).toISOString();

const TEXT = ['eq', 'ne', 'in', 'nin', 'contains', 'starts', 'regex', 'exists'];
const ORDERED = ['eq', 'ne', 'in', 'nin', 'lt', 'lte', 'gt', 'gte', 'exists'];
function operators(path, type) {
  if (path === '_id') return ['eq', 'ne', 'in', 'nin'];
  if (type === 'number' || type === 'time') return ORDERED;
  if (type === 'tags') return ['exists', 'has'];
  if (type === 'boolean') return ['eq', 'ne', 'exists'];
  if (type !== 'string') return ['exists'];
  return path.startsWith('ipv') ? [...TEXT, 'within'] : TEXT;
}
const F = (path, label, type, group, o = {}) => ({
  path, label, type, group,
  list: false, column: true, filter: 'none', operators: operators(path, type), index: o.filter ?? 'none', facets: o.filter === 'eq',
  sortable: false, writable: false, required: false, doc: '',
  ...o,
});
const text = { filter: 'text', sortable: true };
const STATUS = ['Active', 'Stopped', 'Pending', 'Terminated'];
const ENVS = ['Production', 'Staging', 'Development'];

const common = [
  F('_id', 'Id', 'string', 'General', { filter: 'eq' }),
  F('created_at', 'Created', 'time', 'General', { sortable: true, filter: 'range' }),
  F('updated_at', 'Updated', 'time', 'General', { list: true, sortable: true, filter: 'range' }),
];

export const META = {
  servers: {
    name: 'servers', route: 'servers', label: 'Server', label_plural: 'Servers',
    doc: 'Machines, virtual or physical: discovered from your clouds or written by hand.',
    fields: [
      F('name', 'Name', 'string', 'General', { ...text, list: true, writable: true, required: true, doc: 'Display name.' }),
      F('status', 'Status', 'string', 'General', { list: true, filter: 'eq', sortable: true }),
      F('hostname', 'Hostname', 'string', 'General', { ...text, writable: true }),
      F('role', 'Role', 'string', 'General', { ...text, list: true, writable: true, doc: 'What the machine is for.' }),
      F('environment', 'Environment', 'string', 'General', { list: true, filter: 'eq', sortable: true, options: ENVS, writable: true }),
      F('tags', 'Tags', 'tags', 'General', { writable: true }),
      F('cpu', 'CPU', 'number', 'Hardware', { list: true, unit: 'vCPU', filter: 'range', sortable: true, writable: true }),
      F('memory', 'Memory', 'number', 'Hardware', { list: true, unit: 'GiB', filter: 'range', sortable: true, writable: true }),
      F('storage', 'Storage', 'array', 'Hardware'),
      F('ipv4_private', 'Private IPv4', 'string', 'Network', { ...text, list: true, writable: true }),
      F('ipv4_public', 'Public IPv4', 'string', 'Network', { ...text, writable: true }),
      F('dns_private', 'Private DNS', 'string', 'Network', { ...text }),
      F('dns_public', 'Public DNS', 'string', 'Network', { ...text }),
      F('network_interface', 'Network interfaces', 'any', 'Network', { column: false }),
      F('datacenters.name', 'Datacenter', 'string', 'Placement', { ...text, list: true }),
      F('datacenters', 'Datacenter', 'object', 'Placement', { column: false }),
      F('datacenters.region', 'Region', 'string', 'Placement', { list: true, filter: 'eq', sortable: true }),
      F('datacenters.zone', 'Zone', 'string', 'Placement', { filter: 'eq', sortable: true }),
      F('datacenters.instance', 'Instance type', 'string', 'Placement', { ...text }),
      F('datacenters.instance_id', 'Instance id', 'string', 'Placement', { filter: 'eq' }),
      F('datacenters.vpc_id', 'VPC', 'string', 'Placement', { filter: 'eq' }),
      F('datacenters.subnet_id', 'Subnet', 'string', 'Placement', { filter: 'eq' }),
      F('os.base', 'OS', 'string', 'Software', { ...text, list: true }),
      F('os.dist', 'Distribution', 'string', 'Software', { ...text }),
      F('os.version', 'OS version', 'string', 'Software', {}),
      F('image', 'Image', 'object', 'Software', { column: false }),
      F('auth', 'Access', 'array', 'Access', {}),
      F('unique_id', 'Unique id', 'string', 'Provenance', { filter: 'eq' }),
      F('metas', 'Other values', 'any', 'Other', { column: false }),
      ...common,
    ],
  },
  datacenters: {
    name: 'datacenters', route: 'datacenters', label: 'Datacenter', label_plural: 'Datacenters',
    doc: 'Places where things run: a cloud account or a building.',
    fields: [
      F('name', 'Name', 'string', 'General', { ...text, list: true, writable: true, required: true }),
      F('provider', 'Provider', 'string', 'General', { list: true, filter: 'eq', sortable: true, options: ['AWS', 'OpenStack', 'Azure', 'DigitalOcean', 'Premise'], writable: true, required: true }),
      F('regions', 'Regions', 'array', 'Placement', { list: true, writable: true }),
      F('zones', 'Zones', 'array', 'Placement', { writable: true }),
      F('sucessed', 'Connected', 'boolean', 'Provenance', { list: true, doc: 'Whether a connection feeds this datacenter.' }),
      ...common,
    ],
  },
  flavors: {
    name: 'flavors', route: 'flavors', label: 'Flavor', label_plural: 'Flavors',
    doc: 'Machine sizes a cloud offers.',
    fields: [
      F('name', 'Name', 'string', 'General', { ...text, list: true, writable: true, required: true }),
      F('api_name', 'API name', 'string', 'General', { ...text, list: true, writable: true }),
      F('provider', 'Provider', 'string', 'General', { list: true, filter: 'eq', sortable: true }),
      F('vcpus', 'CPU', 'number', 'Hardware', { list: true, unit: 'vCPU', sortable: true, filter: 'range' }),
      F('memory', 'Memory', 'number', 'Hardware', { list: true, unit: 'GiB', sortable: true, filter: 'range' }),
      F('datacenters.name', 'Datacenter', 'string', 'Placement', { list: true, ...text }),
      ...common,
    ],
  },
  connections: {
    name: 'connections', route: 'connections', label: 'Connection', label_plural: 'Connections',
    doc: 'Access to a cloud account, from which the inventory is read.',
    fields: [
      F('name', 'Name', 'string', 'General', { ...text, list: true, writable: true, required: true }),
      F('provider', 'Provider', 'string', 'General', { list: true, filter: 'eq', sortable: true }),
      F('dc', 'Datacenter', 'string', 'Placement', { list: true, ...text }),
      F('regions', 'Regions', 'array', 'Placement', { list: true }),
      F('service', 'Method', 'string', 'Access', { filter: 'eq' }),
      ...common,
    ],
  },
};

export const PROVIDERS = [
  {
    id: 'aws', label: 'AWS', doc: 'Reads EC2 with an access key. Read-only permissions are enough.',
    regions: [
      ['us-east-1', 'N. Virginia'], ['us-east-2', 'Ohio'], ['us-west-1', 'N. California'], ['us-west-2', 'Oregon'],
      ['eu-west-1', 'Ireland'], ['eu-central-1', 'Frankfurt'], ['sa-east-1', 'São Paulo'], ['ap-southeast-2', 'Sydney'],
    ].map(([id, label]) => ({ id, label })),
    methods: [
      {
        id: 'iam_aws', label: 'Access key', doc: 'An IAM user with read-only permissions.', url: 'optional', regions: true,
        fields: [
          { name: 'access', label: 'Access key id', type: 'text', secret: false, required: true, placeholder: 'AKIA…', target: 'conn' },
          { name: 'secret', label: 'Secret access key', type: 'password', secret: true, required: true, help: 'Stored encrypted; never shown again.', target: 'conn' },
        ],
      },
    ],
    tasks: [
      { name: 'server-list', label: 'Servers', entity: 'servers', every: { every: 5, period: 'minutes' }, permissions: ['ec2:DescribeInstances', 'ec2:DescribeVolumes', 'ec2:DescribeInstanceTypes'] },
      { name: 'flavors-list', label: 'Flavors', entity: 'flavors', every: { every: 1, period: 'days' }, permissions: ['ec2:DescribeInstanceTypes'] },
    ],
  },
  {
    id: 'openstack', label: 'OpenStack', doc: 'Reads Nova with a Keystone v3 user.',
    regions: [],
    methods: [
      {
        id: 'password_v3', label: 'User and password', doc: 'Keystone v3 password sign-in.', url: 'required', regions: true,
        fields: [
          { name: 'username', label: 'User name', type: 'text', required: true, target: 'conn' },
          { name: 'password', label: 'Password', type: 'password', secret: true, required: true, target: 'conn' },
          { name: 'project', label: 'Project', type: 'text', required: true, target: 'root' },
          { name: 'user_domain_id', label: 'User domain', type: 'text', default: 'default', target: 'root' },
          { name: 'api_version', label: 'API version', type: 'select', options: ['3'], default: '3', target: 'root' },
        ],
      },
      {
        id: 'token', label: 'Token', doc: 'A ready token; it ends by itself.', url: 'required', regions: false,
        fields: [{ name: 'token', label: 'Token', type: 'textarea', secret: true, required: true, target: 'conn' }],
      },
    ],
    tasks: [
      { name: 'server-list', label: 'Servers', entity: 'servers', every: { every: 5, period: 'minutes' }, permissions: ['os_compute_api:servers:index'] },
    ],
  },
];

const ROLES = ['web', 'api', 'database', 'cache', 'queue', 'batch', 'proxy', 'monitor', 'build'];
const TYPES = [['t3.small', 2, 2], ['t3.medium', 2, 4], ['m5.large', 2, 8], ['m5.xlarge', 4, 16], ['c6i.2xlarge', 8, 16], ['r6g.4xlarge', 16, 128]];

export function makeServer(i, dc, region, name) {
  const [type, cpu, memory] = pick(TYPES);
  const role = pick(ROLES);
  const env = pick(['Production', 'Production', 'Staging', 'Development']);
  const status = rnd() < 0.8 ? 'Active' : pick(STATUS.slice(1));
  const ip = `10.${Math.floor(rnd() * 40)}.${Math.floor(rnd() * 250)}.${1 + Math.floor(rnd() * 250)}`;
  const inst = 'i-0' + Math.floor(rnd() * 1e15).toString(16).padStart(16, '0').slice(0, 16);
  const vol = () => 'vol-0' + Math.floor(rnd() * 1e15).toString(16).padStart(16, '0').slice(0, 16);
  const linux = rnd() < 0.85;
  return {
    _id: oid(),
    name: name ?? `${role}-${env.slice(0, 4).toLowerCase()}-${String(i).padStart(3, '0')}`,
    hostname: `ip-${ip.replace(/\./g, '-')}`,
    status, role, environment: env, cpu, memory,
    ipv4_private: ip,
    ...(rnd() < 0.3 ? { ipv4_public: `54.${Math.floor(rnd() * 200)}.${Math.floor(rnd() * 200)}.${Math.floor(rnd() * 200)}` } : {}),
    dns_private: `ip-${ip.replace(/\./g, '-')}.${region}.compute.internal`,
    os: linux ? { base: 'Linux', dist: pick(['Ubuntu', 'Debian', 'Amazon Linux']), version: pick(['22.04', '12', '2023']) } : { base: 'Windows', dist: 'Windows Server', version: '2022' },
    datacenters: { _id: dc._id, name: dc.name, provider: dc.provider, region, zone: region + pick(['a', 'b', 'c']), instance: type, instance_id: inst, vpc_id: 'vpc-0a1b2c3d', key_name: 'ops', subnet_id: 'subnet-' + pick(['0aa1', '0bb2', '0cc3']) },
    storage: Array.from({ length: 1 + Math.floor(rnd() * 3) }, (_, k) => ({ name: k ? `/dev/sd${'fgh'[k]}` : '/dev/xvda', device_name: k ? `/dev/sd${'fgh'[k]}` : '/dev/xvda', size: pick([8, 30, 100, 500]), status: 'attached', volume_id: vol(), attach_time: ago(86400 * 40), delete_termination: k === 0 })),
    tags: [{ key: 'team', value: pick(['payments', 'search', 'platform', 'data']) }, { key: 'cost-center', value: pick(['1001', '1002', '2040']) }, ...(rnd() < 0.4 ? [{ key: 'Name', value: `${role}-${i}` }] : [])],
    auth: [{ name: 'ops-key', type: 'key', username: linux ? 'ubuntu' : 'Administrator' }],
    image: { id: 'ami-0' + Math.floor(rnd() * 1e9).toString(16), architecture: 'x86_64', root_device_type: 'ebs' },
    network_interface: [{ id: 'eni-0' + Math.floor(rnd() * 1e9).toString(16), mac: '02:4f:8a:11:22:33', private_ips: [ip], groups: [{ id: 'sg-01', name: 'default' }, { id: 'sg-02', name: 'web' }] }],
    metas: { hypervisor: 'xen', ebs_optimized: true, monitoring: { state: 'disabled' } },
    unique_id: inst,
    created_at: ago(86400 * (5 + rnd() * 300)),
    updated_at: ago(rnd() * 86400 * 9),
    active: true,
  };
}
