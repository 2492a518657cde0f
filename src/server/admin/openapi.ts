import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import type { Route } from './route.ts';
import * as shape from './shapes.ts';

type Json = { readonly [name: string]: unknown };

/** Shapes that are described once and referred to by name. */
const components: Readonly<Record<string, GenericSchema>> = {
  Key: shape.key,
  NewKey: shape.newKey,
  KeyChanges: shape.keyChanges,
  Rotation: shape.rotation,
  LogEntry: shape.logEntry,
  Session: shape.session,
  NewSession: shape.newSession,
  User: shape.user,
  CeilingChanges: shape.ceilingChanges,
  Error: shape.error,
};

/** The routes as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.0); paths are below the prefix of the API. */
export function describe(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of routes) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operationOf(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'keys serve',
      version,
      description: 'A key authority: keys, their usage, and the sessions that manage them.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/admin' }],
    security: [{ session: [] }],
    paths: { ...paths, '/verify': { get: verify }, '/healthz': { get: alive }, '/readyz': { get: ready } },
    components: {
      securitySchemes: {
        session: { type: 'http', scheme: 'bearer', description: 'A session token: keys session create' },
        key: { type: 'http', scheme: 'bearer', description: 'The value of a key' },
      },
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => [name, schemaOf(schema, name)]),
      ),
    },
  };
}

function operationOf({
  operation,
  summary,
  method,
  path,
  body,
  query,
  headers,
  status,
  reply,
  refusals,
}: Route): Json {
  const parameters = [
    ...(path.includes(':id') ? [parameter('path', 'id', true, { type: 'string' })] : []),
    ...(query ? queryParameters(query) : []),
    ...Object.entries(headers ?? {}).map(([name, description]) => ({
      ...parameter('header', name, false, { type: 'string' }),
      description,
    })),
  ];
  return {
    operationId: operation,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: json(schemaOf(body)) } }),
    responses: {
      [status]: { description: summary, ...(reply && { content: json(schemaOf(reply)) }) },
      ...Object.fromEntries(Object.entries(refusals ?? {}).map(([code, codes]) => [code, refused(codes)])),
      ...(body || query ? { 400: refused('VALIDATION_FAILED') } : {}),
      401: refused('MISSING_SESSION, INVALID_SESSION, EXPIRED_SESSION'),
      503: refused('AUTHORITY_BUSY, AUTHORITY_UNAVAILABLE'),
      ...(method === 'GET' ? {} : { 504: refused('OUTCOME_UNKNOWN') }),
      default: refused('any other failure'),
    },
  };
}

const verify: Json = {
  operationId: 'verifyKey',
  summary: 'Check whether a key works, without using it',
  security: [{ key: [] }],
  responses: {
    200: {
      description: 'The key works; models is null if it may call every model',
      content: json(schemaOf(shape.verdict)),
    },
    401: refused('MISSING_API_KEY, INVALID_API_KEY, EXPIRED_API_KEY, DISABLED_API_KEY'),
    402: refused('BUDGET_EXCEEDED, ORGANISATION_BUDGET_EXCEEDED'),
    403: refused('NO_MODELS'),
  },
};

/** At the root of the server, and for everyone. */
const atRoot = { security: [], servers: [{ url: '/' }] };

const alive: Json = {
  ...atRoot,
  operationId: 'isAlive',
  summary: 'Whether the server answers; asks no database',
  responses: { 200: { description: 'It does', content: json(schemaOf(shape.status)) } },
};

const ready: Json = {
  ...atRoot,
  operationId: 'isReady',
  summary: 'Whether the server can do its work',
  responses: {
    200: { description: 'It can', content: json(schemaOf(shape.status)) },
    503: refused('SERVER_STOPPING, AUTHORITY_UNAVAILABLE, AUTHORITY_BUSY, AUTHORITY_UNUSABLE'),
  },
};

function refused(codes: string): Json {
  return { description: codes, content: json({ $ref: '#/components/schemas/Error' }) };
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

function parameter(place: string, name: string, isRequired: boolean, schema: Json): Json {
  return { in: place, name, required: isRequired, schema };
}

function queryParameters(query: GenericSchema): Json[] {
  const { properties = {} } = schemaOf(query) as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, schema]) => parameter('query', name, false, schema));
}

/** A shape as JSON Schema 2020-12, as in OpenAPI 3.1; named components become references. */
function schemaOf(schema: GenericSchema, self?: string): Json {
  const componentName = Object.entries(components).find(([, one]) => one === schema)?.[0];
  if (componentName !== undefined && componentName !== self)
    return { $ref: `#/components/schemas/${componentName}` };
  const {
    $schema: _,
    definitions: __,
    ...rest
  } = toJsonSchema(schema, {
    typeMode: 'input',
    errorMode: 'ignore',
    target: 'draft-2020-12',
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const name = Object.entries(components).find(([, one]) => one === valibotSchema)?.[0];
      return name !== undefined && valibotSchema !== schema
        ? { $ref: `#/components/schemas/${name}` }
        : jsonSchema;
    },
  }) as Json & { $schema?: unknown; definitions?: unknown };
  return rest;
}
