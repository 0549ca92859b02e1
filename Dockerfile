# syntax=docker/dockerfile:1.19
#
# All programs from one build, each in an image of its own:
#
#   docker build --target orders --build-arg VERSION=v1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) -t ordersaga/orders:v1.2.3 .
#
# Targets: catalog, inventory, payments, orders, worker, paysim and, as the last and so
# the default one, ordersaga, the command for people and jobs.
ARG VERSION=dev
ARG COMMIT=

# It runs on the machine that builds and compiles for the one that is asked for: Go needs
# no emulation. The same sources, version and commit give the same bytes anywhere.
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm AS build
WORKDIR /src
ENV CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local GOFLAGS=-mod=readonly

# Modules change seldom: a layer that is made anew only with them.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

# What a static program still wants of a system: certificates of authorities, time zones,
# a user that is not root. Distroless would bring the same from another publisher, by tags
# that move; here it comes with the image that compiles.
RUN mkdir -p /rootfs/etc/ssl/certs /rootfs/usr/share /data && \
    cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ && \
    cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /rootfs/usr/share/ && \
    echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > /rootfs/etc/passwd && \
    echo 'nonroot:x:65532:' > /rootfs/etc/group

COPY . .
ARG TARGETOS TARGETARCH VERSION COMMIT
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -buildvcs=false \
      -ldflags "-s -w \
        -X github.com/ordersaga/ordersaga/platform/program.version=$VERSION \
        -X github.com/ordersaga/ordersaga/platform/program.commit=$COMMIT" \
      -o /out/ ./cmd/... ./services/... ./worker

# What all images have. By number, so that Kubernetes can see that it is not root.
FROM scratch AS base
COPY --from=build /rootfs /
USER 65532:65532
ENV ZONEINFO=/usr/share/zoneinfo.zip
ARG VERSION COMMIT
LABEL org.opencontainers.image.source="https://github.com/ordersaga/ordersaga" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"

# A container's own loopback would be nobody's to reach. Health and metrics stay on it:
# who wants them from outside sets ADMIN_HOST.
FROM base AS server
ENV HOST=0.0.0.0

# Ports: REST, gRPC, and health with metrics.
FROM server AS catalog
LABEL org.opencontainers.image.title="ordersaga catalog" org.opencontainers.image.description="What the shop sells and what it costs"
COPY --from=build /out/catalog /catalog
EXPOSE 8081 9081 10081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/catalog", "--ready"]
ENTRYPOINT ["/catalog"]

FROM server AS inventory
LABEL org.opencontainers.image.title="ordersaga inventory" org.opencontainers.image.description="Stock and its reservations"
COPY --from=build /out/inventory /inventory
EXPOSE 8082 9082 10082
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/inventory", "--ready"]
ENTRYPOINT ["/inventory"]

FROM server AS payments
LABEL org.opencontainers.image.title="ordersaga payments" org.opencontainers.image.description="Payments and the calls of their provider"
COPY --from=build /out/payments /payments
EXPOSE 8083 9083 10083
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/payments", "--ready"]
ENTRYPOINT ["/payments"]

FROM server AS orders
LABEL org.opencontainers.image.title="ordersaga orders" org.opencontainers.image.description="Takes orders and keeps their story"
COPY --from=build /out/orders /orders
EXPOSE 8080 9080 10080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/orders", "--ready"]
ENTRYPOINT ["/orders"]

FROM base AS worker
LABEL org.opencontainers.image.title="ordersaga worker" org.opencontainers.image.description="Runs the sagas and what they do"
COPY --from=build /out/worker /worker
EXPOSE 8090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/worker", "--ready"]
ENTRYPOINT ["/worker"]

# The one program that writes a file: a new volume takes over the folder and its owner.
FROM server AS paysim
LABEL org.opencontainers.image.title="ordersaga paysim" org.opencontainers.image.description="A payment provider to play with"
COPY --from=build --chown=65532:65532 /data /var/lib/paysim
ENV PAYSIM_DATA=/var/lib/paysim/paysim.db
VOLUME /var/lib/paysim
COPY --from=build /out/paysim /paysim
EXPOSE 8084
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s CMD ["/paysim", "--ready"]
ENTRYPOINT ["/paysim"]

# No other programs beside it: each checks its own settings and connections in its own
# container, where they are (docker compose run --rm orders --check).
FROM base AS ordersaga
LABEL org.opencontainers.image.title="ordersaga" org.opencontainers.image.description="The command for people and jobs"
COPY --from=build /out/ordersaga /ordersaga
ENTRYPOINT ["/ordersaga"]
