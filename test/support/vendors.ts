import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { LoopbackProxy } from './loopback-proxy.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * The vendors' servers, on loopback. Their real programs reach them through a proxy, over TLS with a certificate of the
 * test's own.
 */

const hosts = ['api.github.com', 'secretsmanager.eu-west-1.amazonaws.com', 'kubernetes.example.com'];

export class Vendors {
  /** Every call, as `METHOD path`; at AWS the path is the name of the action. */
  readonly calls: string[] = [];
  /** What GitHub holds, encrypted; what AWS and Kubernetes hold. */
  readonly held = new Map<string, string>();
  /** Every login is refused. */
  refuses = false;
  /** The environment that the vendors' programs need. */
  env: Environment = {};

  static async start(): Promise<Vendors> {
    const vendors = new Vendors();
    const folder = temporaryFolder();
    const [key, cert] = certificateFor(folder);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) =>
      vendors.#take(request, response),
    );
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const proxy = await LoopbackProxy.start({ port: (server.address() as AddressInfo).port });
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, kubeconfigOf(cert));
    vendors.env = {
      ...{ HTTPS_PROXY: proxy.url, https_proxy: proxy.url, NO_PROXY: '', no_proxy: '' },
      ...{ SSL_CERT_FILE: cert, AWS_CA_BUNDLE: cert, KUBECONFIG: kubeconfig },
      ...{ GH_TOKEN: 'gho_vendor', GH_CONFIG_DIR: folder, GH_NO_UPDATE_NOTIFIER: '1' },
      ...{ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key', AWS_DEFAULT_REGION: 'eu-west-1' },
      ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_MAX_ATTEMPTS: '1' },
    };
    return vendors;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces).toString();
    const host = request.headers.host ?? '';
    const { status, answer } = host.includes('github')
      ? this.#github(request, body)
      : host.includes('amazonaws')
        ? this.#aws(request, body)
        : this.#kubernetes(request, body);
    const type = { 'content-type': 'application/json' };
    response.writeHead(status, type).end(answer === nothing ? '' : JSON.stringify(answer));
  }

  /** https://docs.github.com/rest/actions/secrets */
  #github({ method, url = '' }: IncomingMessage, body: string): Reply {
    this.calls.push(`${method} ${url}`);
    if (this.refuses) return { status: 401, answer: { message: 'Bad credentials' } };
    if (url === '/repos/acme/app/actions/secrets/public-key')
      return { status: 200, answer: { key_id: '1', key: Buffer.alloc(32, 9).toString('base64') } };
    const name = /^\/repos\/acme\/app\/actions\/secrets\/(\w+)$/.exec(url)?.[1];
    if (method !== 'PUT' || name === undefined) return { status: 404, answer: { message: 'Not Found' } };
    this.held.set(name, JSON.parse(body).encrypted_value);
    return { status: 201, answer: {} };
  }

  /** https://docs.aws.amazon.com/secretsmanager/latest/apireference */
  #aws({ headers }: IncomingMessage, body: string): Reply {
    const action = String(headers['x-amz-target']).split('.')[1] ?? '';
    this.calls.push(action);
    const { SecretId, Name = SecretId, SecretString } = JSON.parse(body);
    const refused = (type: string) => ({ status: 400, answer: { __type: type, message: type } });
    if (this.refuses) return refused('UnrecognizedClientException');
    if (action !== 'CreateSecret' && !this.held.has(Name)) return refused('ResourceNotFoundException');
    if (SecretString !== undefined) this.held.set(Name, SecretString);
    return { status: 200, answer: { ARN: 'arn', Name, SecretString: this.held.get(Name) } };
  }

  /** https://kubernetes.io/docs/reference/kubernetes-api */
  #kubernetes({ method, url = '' }: IncomingMessage, body: string): Reply {
    const path = url.replace(/\?.*$/, '');
    this.calls.push(`${method} ${path}`);
    if (this.refuses) return { status: 401, answer: { kind: 'Status', message: 'Unauthorized', code: 401 } };
    if (path === '/version')
      return { status: 200, answer: { major: '1', minor: '32', gitVersion: 'v1.32.0' } };
    // An empty description, in protobuf.
    if (path === '/openapi/v2') return { status: 200, answer: nothing };
    if (path === '/api') return { status: 200, answer: { kind: 'APIVersions', versions: ['v1'] } };
    if (path === '/apis') return { status: 200, answer: { kind: 'APIGroupList', groups: [] } };
    if (path === '/api/v1') return { status: 200, answer: secretsOnly };
    if (path.endsWith('/selfsubjectaccessreviews'))
      return {
        status: 201,
        answer: {
          kind: 'SelfSubjectAccessReview',
          apiVersion: 'authorization.k8s.io/v1',
          status: { allowed: true },
        },
      };
    if (path !== '/api/v1/namespaces/prod/secrets/app')
      return { status: 404, answer: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 } };
    if (method === 'PATCH') this.held.set('app', body);
    return { status: 200, answer: JSON.parse(this.held.get('app') ?? '{}') };
  }
}

interface Reply {
  status: number;
  answer: unknown;
}

const nothing = Symbol('nothing');

const secretsOnly = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: ['get', 'patch'] },
  ],
};

function certificateFor(folder: string): [key: string, cert: string] {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  const subject = ['-subj', '/CN=vendors', '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', [...request, ...subject, '-days', '2', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return [key, cert];
}

function kubeconfigOf(certificate: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: { server: 'https://kubernetes.example.com', 'certificate-authority': certificate },
      },
    ],
    users: [{ name: 'u', user: { token: 'vendor' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}
