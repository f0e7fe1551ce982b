import type { NpmPackage } from './npm-package.ts';

/** A published model and how it becomes ONNX. */
export interface ImportableModel {
  readonly source: NpmPackage;
  /** SPDX identifier of the weights' licence, which may differ from the package's. */
  readonly licence: string;
  /** The ONNX file from the package's files, by path; the same files give the same bytes. */
  readonly convert: (files: ReadonlyMap<string, Buffer>) => Uint8Array;
}
