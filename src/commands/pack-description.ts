/** What `undertone pack` is told: a JSON file beside the configurations that it names. */
import { z } from 'zod';
import { packDescription } from '../../models/toolkit/assemble.ts';

const system = z.strictObject({ system: z.string(), of: z.string() });
const taken = z.strictObject({ pack: z.string() });
const forms = 'must be a configuration, { "system", "of" } or { "pack" }';

/** Schema of a description: what a pack is to be, and what its networks are. */
export const description = packDescription.extend({
  encoders: z.strictObject({ voice: z.string().exactOptional(), face: z.string().exactOptional() }).optional(),
  networks: z.strictObject({
    voice: z.union([z.string(), z.array(z.string()).min(2).max(8), system, taken], {
      error: `${forms}, or a list of 2 to 8 configurations`,
    }),
    face: z.union([z.string(), system, taken], { error: forms }),
    fusion: z.union([z.string(), system], { error: 'must be a configuration, or { "system", "of" }' }).optional(),
    attributes: z.strictObject({ voice: z.string().exactOptional(), face: z.string().exactOptional() }).optional(),
  }),
});

/** A description that passed. */
export type Description = z.infer<typeof description>;

/** Networks that all stand on what the product computes, by their configurations. */
export interface OwnNetworks extends Pick<Description['networks'], 'attributes'> {
  readonly voice: string | readonly string[];
  readonly face: string;
  readonly fusion: string | undefined;
}

/** @returns null for a pack that has encoders, or should have. */
export function ownNetworks({ networks, encoders }: Description): OwnNetworks | null {
  const { voice, face, fusion, attributes } = networks;
  const named = typeof voice === 'string' || Array.isArray(voice);
  if (encoders || !named || typeof face !== 'string' || typeof fusion === 'object') return null;
  return { voice, face, fusion, attributes };
}
