import { chmodSync } from 'node:fs';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';

import { messageOf, MonitorError } from '@memory-monitor/core';

import { prepareSocketPlace } from './socket-place.js';

/** Answers a request; the result is sent as JSON. A `MonitorError` becomes an error answer with its code. */
export type Route = (parameter: string) => unknown;

/** Routes by the first part of the path; the second part, where there is one, is their parameter. */
export type Routes = Readonly<Record<string, Route>>;

export interface ControlServerOptions {
  /** How long a client may take to send its whole request. */
  readonly requestTimeoutMs?: number;
  /** How long an answer may take from then on, until the client has read it. */
  readonly answerTimeoutMs?: number;
}

const MOST_CONNECTIONS = 16;
const REQUEST_TIMEOUT_MS = 5000;
/** What a client waits for. */
const ANSWER_TIMEOUT_MS = 15_000;
/** A path and a few headers; bodies are not read. */
const LARGEST_REQUEST_BYTES = 4096;
/** Read and write for the owner. */
const OWNER_ONLY = 0o600;
const OTHERS_NOTHING = 0o177;

/** The control socket: HTTP and JSON over a Unix socket that only its owner may connect to, and root. */
export class ControlServer {
  readonly #server: Server;
  readonly #routes: Routes;
  readonly #timeouts: { readonly requestMs: number; readonly answerMs: number };
  readonly #connections = new Map<Socket, NodeJS.Timeout>();
  readonly #asked = new WeakSet<Socket>();
  #http: Promise<HttpServer> | undefined;

  private constructor(
    routes: Routes,
    { requestTimeoutMs = REQUEST_TIMEOUT_MS, answerTimeoutMs = ANSWER_TIMEOUT_MS }: ControlServerOptions,
  ) {
    this.#routes = routes;
    this.#timeouts = { requestMs: requestTimeoutMs, answerMs: answerTimeoutMs };
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Rejects with a sentence where there can't be one, or where another monitor answers at that path. */
  static async open(
    path: string,
    routes: Routes,
    options: ControlServerOptions = {},
  ): Promise<ControlServer> {
    await prepareSocketPlace(path);
    const control = new ControlServer(routes, options);
    await control.#listen(path);
    return control;
  }

  /** Whoever is connected is cut off. */
  async close(): Promise<void> {
    for (const connection of this.#connections.keys()) {
      connection.destroy();
    }
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  async #listen(path: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.once('listening', resolve);
      // The socket comes into being within `listen`, and nobody else may connect from its first moment.
      const before = process.umask(OTHERS_NOTHING);
      try {
        this.#server.listen(path);
      } finally {
        process.umask(before);
      }
    });
    chmodSync(path, OWNER_ONLY);
    this.#server.on('error', () => undefined);
    this.#server.unref();
  }

  /** Node's HTTP server takes memory that a monitor does without until somebody asks. */
  #accept(socket: Socket): void {
    this.#cutOffAfter(socket, this.#timeouts.requestMs);
    socket.once('close', () => {
      clearTimeout(this.#connections.get(socket));
      this.#connections.delete(socket);
    });
    socket.on('error', () => undefined);
    this.#http ??= this.#createHttp();
    void this.#http.then((http) => http.emit('connection', socket));
  }

  /** Timeouts of Node's HTTP server are in force only where it listens itself. */
  #cutOffAfter(socket: Socket, ms: number): void {
    clearTimeout(this.#connections.get(socket));
    const timeout = setTimeout(() => socket.destroy(), ms).unref();
    this.#connections.set(socket, timeout);
  }

  async #createHttp(): Promise<HttpServer> {
    const { createServer: createHttpServer } = await import('node:http');
    return createHttpServer({ maxHeaderSize: LARGEST_REQUEST_BYTES }, (request, response) => {
      this.#take(request, response);
    });
  }

  /** One request a connection: a client that sends many at once would have as many answers made. */
  #take(request: IncomingMessage, response: ServerResponse): void {
    const { socket, method, url } = request;
    if (this.#asked.has(socket)) {
      socket.destroy();
      return;
    }
    this.#asked.add(socket);
    this.#cutOffAfter(socket, this.#timeouts.answerMs);
    void this.#answer(method, url).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(`${JSON.stringify(body)}\n`);
    });
  }

  async #answer(
    method: string | undefined,
    url: string | undefined,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const [, name = '', parameter = ''] = (url ?? '').split('/');
    const route = Object.hasOwn(this.#routes, name) ? this.#routes[name] : undefined;
    if (method !== 'GET' || route === undefined) {
      const known = Object.keys(this.#routes).map((known) => `GET /${known}`);
      return failure(404, 'MM_ERR_USAGE', `There is no such request; there are ${known.join(', ')}.`);
    }
    try {
      return { status: 200, body: await route(parameter) };
    } catch (error) {
      return error instanceof MonitorError
        ? failure(404, error.code, error.message)
        : failure(500, 'MM_ERR_INTERNAL', messageOf(error));
    }
  }
}

function failure(status: number, code: string, message: string): { status: number; body: unknown } {
  return { status, body: { error: { code, message } } };
}
