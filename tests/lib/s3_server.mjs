// s3_server.mjs - s3rver on a free port of loopback, with one bucket: node s3_server.mjs MODULES FOLDER BUCKET
import { createRequire } from "node:module";
const [modules, folder, bucket] = process.argv.slice(2);
const S3rver = createRequire(modules + "/")("s3rver");
const server = new S3rver({ address: "127.0.0.1", port: 0, directory: folder, silent: true,
                            configureBuckets: [{ name: bucket, configs: [] }] });
const address = await server.run();
console.log(address.port);
