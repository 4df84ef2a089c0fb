#!/bin/sh
# Inside the build: lays out what the image holds, in three layers, each the same whenever its inputs are.
# /layers/system: Debian packages of packages.txt, unpacked. /layers/packages: Python's. /layers/cabas: ours.
set -eu
epoch=${SOURCE_DATE_EPOCH:-0}
python=$(basename "$(readlink -f /usr/bin/python3)")
site=opt/cabas/lib/$python/site-packages
system=/layers/system packages=/layers/packages cabas=/layers/cabas

unpack_system() {
    mkdir -p /build/debs "$system" && cd /build/debs
    xargs apt-get download -q < /build/packages.txt
    for name in bin sbin lib lib64; do mkdir -p "$system/usr/$name" && ln -s "usr/$name" "$system/$name"; done
    for deb in *.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -C "$system" -x --keep-directory-symlink
        # So that scanners know what is inside.
        mkdir -p "$system/var/lib/dpkg/status.d"
        dpkg-deb --field "$deb" > "$system/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
    done
    cd "$system"
    ln -sf "$python" usr/bin/python3
    mkdir -p etc/ssl/certs data tmp run && chmod 1777 tmp && chown 10001:10001 data
    cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
    ln -sf /usr/share/zoneinfo/Etc/UTC etc/localtime
    printf 'root:x:0:0:root:/:/none\ncabas:x:10001:10001:cabas:/data:/none\n' > etc/passwd
    printf 'root:x:0:\ncabas:x:10001:\n' > etc/group
    # Neither read by a program nor by the law that asks for licences (usr/share/doc/*/copyright stays).
    rm -rf usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bug usr/share/menu \
        usr/share/applications usr/share/pixmaps usr/share/common-licenses/GFDL* usr/lib/*/gconv usr/share/i18n \
        usr/share/binfmts usr/share/zoneinfo/right usr/share/zoneinfo/posix var/cache var/log var/backups \
        etc/cron* etc/init.d etc/update-motd.d home root boot srv proc sys dev media mnt var/mail var/spool
    find usr/share/doc -type f ! -name copyright -delete
    find usr/share/doc -type l -delete
    rm -f usr/bin/perl* usr/bin/pygettext* usr/bin/pydoc* usr/bin/ld.so usr/bin/iconv usr/bin/localedef usr/bin/catchsegv \
        usr/bin/tzselect usr/bin/zdump usr/bin/getconf usr/bin/getent usr/bin/locale usr/bin/pldd usr/bin/ldd usr/sbin/zic \
        usr/sbin/iconvconfig sbin/ldconfig
    for part in test tkinter idlelib lib2to3 distutils pydoc_data ensurepip turtledemo; do rm -rf "usr/lib/$python/$part"; done
}

separate_packages() {
    mkdir -p "$packages/opt" "$cabas/$site" "$cabas/opt/cabas/bin" "$cabas/opt/cabas/edge"
    mv /opt/cabas "$packages/opt/cabas"
    mv "$packages/opt/cabas/edge/"* "$cabas/opt/cabas/edge/" && rmdir "$packages/opt/cabas/edge"
    mv "$packages/$site/"cabas "$packages/$site/"cabas-*.dist-info "$cabas/$site/"
    mv "$packages/opt/cabas/bin/cabas" "$cabas/opt/cabas/bin/"
    ln -s "/$site/cabas/web/static" "$cabas/opt/cabas/static"
    cd "$packages/opt/cabas/bin" && find . -type f -delete && rm -f Activate* && cd "$packages/$site"
    # Babel reads the languages the shop speaks, and their root.
    find babel/locale-data -name '*.dat' ! -name 'root.dat' ! -name 'fr*.dat' ! -name 'en*.dat' -delete
    # And the calendar of one country.
    find holidays/countries holidays/financial -name '*.py' ! -name '__init__.py' ! -name france.py -delete
    find holidays/locale -mindepth 1 -maxdepth 1 ! -name 'fr*' ! -name 'en*' -exec rm -rf {} +
    rm -rf sqlalchemy/testing
    find . -type d -name tests -prune -exec rm -rf {} +
    find . -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' \) -delete
    # Debugging sections. Not those of bundled libraries (*.libs): they were moved about and don't take it.
    find . -name '*.cpython-*.so' -exec strip --strip-debug {} +
    # What pip noted of this very run.
    find "$packages" "$cabas" -path '*.dist-info/direct_url.json' -delete
}

compile() { # the read-only file system can't: by content, not by date; SQLAlchemy is one adapter's of the bridge
    for folder in "$system/usr/lib/$python" "$packages/$site" "$cabas/$site"; do
        python3 -m compileall -q --invalidation-mode unchecked-hash -x '/sqlalchemy/' "$folder" >/dev/null || true
    done
}

unpack_system
separate_packages
compile
for layer in "$system" "$packages" "$cabas"; do
    find "$layer" -depth -exec touch --no-dereference --date="@$epoch" {} +
done
