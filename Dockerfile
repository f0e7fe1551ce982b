# Undertone in a container: the same set-up steps as `npm start`, at build time.
#
#   docker build -t undertone .
#   docker build -t undertone:gpu --build-arg VARIANT=gpu .
#   docker run -p 8080:8080 -p 44444:44444 -p 44444:44444/udp -v undertone:/data \
#     -e UNDERTONE_SECRET="$(openssl rand -hex 32)" -e UNDERTONE_WEBRTC_ANNOUNCED=192.0.2.10 undertone
#   (GPU: add `--gpus all -e UNDERTONE_PROVIDERS=cuda,cpu` and the tag.)

# cpu, or gpu: CUDA 12 and cuDNN, which ONNX Runtime's CUDA provider wants.
ARG VARIANT=cpu

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM dependencies AS worker
COPY scripts scripts
RUN node scripts/worker.mjs /out/mediasoup-worker

FROM dependencies AS pages
COPY tsconfig.json vite.config.ts ./
COPY scripts scripts
COPY src src
COPY clients clients
RUN node scripts/build.mjs

# Without what only development needs; the image brings its own Node.
FROM dependencies AS production-cpu
RUN npm ci --ignore-scripts --omit=dev && rm -rf node_modules/node-linux-* node_modules/.bin/node

# The CUDA libraries are too large for npm: the package's own script fetches them.
FROM production-cpu AS production-gpu
RUN node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12

FROM production-${VARIANT} AS production

FROM node:24-bookworm-slim AS runtime-cpu

FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS runtime-gpu
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/node

FROM runtime-${VARIANT}
# ffmpeg for files and streams; the others are what a worker built from source is linked with.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates ffmpeg libsrtp2-1 libssl3 libstdc++6 libuv1 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /data && chown 10001:10001 /data
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY --from=worker /out/mediasoup-worker bin/mediasoup-worker
COPY --from=pages /app/dist dist
COPY package.json LICENSE ./
COPY src src
COPY pipelines pipelines
COPY models models
COPY clients clients
# Fails the build, not the first call, where the worker lacks a library: 41 is what it says when nobody speaks to it.
RUN bin/mediasoup-worker; test $? -eq 41

# One worker process, so that one WebRTC port is enough; more of them take 44445, 44446, ...
ENV NODE_ENV=production \
    UNDERTONE_HOST=0.0.0.0 \
    UNDERTONE_WEBRTC_HOST=0.0.0.0 \
    UNDERTONE_WEBRTC_WORKERS=1 \
    UNDERTONE_WORKER_BIN=/app/bin/mediasoup-worker \
    UNDERTONE_DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080/tcp 44444/tcp 44444/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.UNDERTONE_PORT ?? 8080}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "src/main.ts"]
