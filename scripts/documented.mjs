/**
 * The docs check: every export has a docstring and every {@link} leads somewhere. TypeDoc's own `notDocumented` asks it
 * of each member too, where most say all by their name (`close(): void`).
 */
import { Application, ReflectionKind } from 'typedoc';

/** @typedef {import('typedoc').DeclarationReflection} Declaration */

const app = await Application.bootstrap({ options: 'typedoc.json' });
const project = await app.convert();
if (project === undefined) {
  console.error('TypeDoc could not read the sources.');
  process.exit(1);
}
app.validate(project);

const exported = project
  .getReflectionsByKind(ReflectionKind.Module)
  .flatMap((module) => /** @type {{ children?: Declaration[] }} */ (module).children ?? [])
  .filter((item) => !item.kindOf(ReflectionKind.Reference));
const undocumented = exported.filter((item) => !isDocumented(item) && !hasDocumentedFields(item));
for (const { name, sources } of undocumented)
  console.error(`${sources?.[0]?.fileName}:${sources?.[0]?.line}  ${name}: exported without a docstring`);
if (undocumented.length > 0 || app.logger.hasWarnings() || app.logger.hasErrors()) process.exitCode = 1;

/** @param {Declaration} item */
function isDocumented(item) {
  return item.hasComment() || (item.signatures ?? []).some((signature) => signature.hasComment());
}

/**
 * Options say what they are field by field; a sentence over all of them would only repeat the function's.
 * @param {Declaration} item
 */
function hasDocumentedFields(item) {
  const fields = item.children ?? [];
  return item.kindOf(ReflectionKind.Interface) && fields.length > 0 && fields.every(isDocumented);
}
