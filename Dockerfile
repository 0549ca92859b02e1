# syntax=docker/dockerfile:1.19
#
# An image for each program, all from one build:
#
#   docker build --build-arg PROGRAM=orders --target program --build-arg VERSION=v1.2.3 --build-arg COMMIT=$(git rev-parse HEAD) -t ordersaga/orders:v1.2.3 .
#
# PROGRAM is a name that `ordersaga programs` lists. The last target and so the default one is
# ordersaga, the command for people and jobs.
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

# A program, called /program in its image, so that all images are alike.
FROM base AS program
ARG PROGRAM=the-build-argument-PROGRAM-is-missing
LABEL org.opencontainers.image.title="ordersaga $PROGRAM" org.opencontainers.image.description="$PROGRAM of the order platform Ordersaga"
# Where one that writes a file (paysim) gets a volume: a new one takes over the folder's owner.
COPY --from=build --chown=65532:65532 /data /data
COPY --from=build /out/$PROGRAM /program
# A container's own loopback would be nobody's to reach. Health and metrics stay on it: who
# wants them from outside sets ADMIN_HOST.
ENV HOST=0.0.0.0
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s CMD ["/program", "--ready"]
ENTRYPOINT ["/program"]

# No other programs beside it: each checks its own settings and connections in its own
# container, where they are (docker compose run --rm orders --check).
FROM base AS ordersaga
LABEL org.opencontainers.image.title="ordersaga" org.opencontainers.image.description="The command for people and jobs"
COPY --from=build /out/ordersaga /ordersaga
ENTRYPOINT ["/ordersaga"]
