import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A schema of any library that follows Standard Schema (valibot, zod, arktype): https://standardschema.dev */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>;

/** What a schema makes of the configuration. */
export type OutputOf<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** What a schema takes. */
export type InputOf<S extends Schema> = StandardSchemaV1.InferInput<S>;
