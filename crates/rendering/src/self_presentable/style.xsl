<xsl:output method="html" encoding="UTF-8" indent="no" doctype-system="about:legacy-compat"/>
<xsl:key name="media" match="c:observationMedia" use="@ID"/>
<xsl:key name="performers" match="c:serviceEvent/c:performer/c:assignedEntity" use="concat(c:id/@root, '|', c:id/@extension)"/>
<xsl:variable name="lower" select="'abcdefghijklmnopqrstuvwxyz'"/>
<xsl:variable name="upper" select="'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"/>

<xsl:template match="/">
  <xsl:apply-templates select="(//c:ClinicalDocument)[1]"/>
</xsl:template>

<xsl:template match="c:ClinicalDocument">
  <html lang="fr">
    <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title><xsl:value-of select="normalize-space(c:title)"/></title>
      <style><xsl:value-of select="$style"/></style>
    </head>
    <body>
      <main class="cda">
        <header>
          <xsl:call-template name="logo"/>
          <div>
          <h1><xsl:value-of select="normalize-space(c:title)"/></h1>
          <p><xsl:value-of select="normalize-space(c:custodian//c:name)"/></p>
          <p>
            <xsl:text>Établi le </xsl:text>
            <xsl:call-template name="date"><xsl:with-param name="value" select="c:effectiveTime/@value"/></xsl:call-template>
            <xsl:text>, version </xsl:text>
            <xsl:value-of select="c:versionNumber/@value"/>
            <xsl:variable name="status" select="c:documentationOf/c:serviceEvent/lab:statusCode/@code"/>
            <xsl:choose>
              <xsl:when test="$status = 'active'">, résultats partiels</xsl:when>
              <xsl:when test="$status = 'completed'">, résultats complets</xsl:when>
            </xsl:choose>
          </p>
          </div>
        </header>
        <div class="cda-groups">
          <xsl:apply-templates select="c:recordTarget/c:patientRole"/>
          <xsl:call-template name="laboratory"/>
          <xsl:call-template name="request"/>
        </div>
        <xsl:apply-templates select="c:component/c:structuredBody/c:component/c:section"/>
        <xsl:call-template name="key"/>
        <xsl:call-template name="files"/>
        <div class="cda-groups">
          <xsl:call-template name="recipients"/>
          <xsl:call-template name="signatures"/>
          <xsl:call-template name="about"/>
        </div>
      </main>
    </body>
  </html>
</xsl:template>

<!-- The header -->

<xsl:template match="c:patientRole">
  <section>
    <h2>Patient</h2>
    <xsl:call-template name="symbol"/>
    <dl>
      <xsl:for-each select="c:patient/c:name">
        <xsl:call-template name="line"><xsl:with-param name="label" select="'Nom de naissance'"/><xsl:with-param name="value" select="c:family[@qualifier='BR']"/></xsl:call-template>
        <xsl:call-template name="line"><xsl:with-param name="label" select="'Premier prénom'"/><xsl:with-param name="value" select="c:given[@qualifier='BR']"/></xsl:call-template>
        <xsl:call-template name="line"><xsl:with-param name="label" select="'Prénoms'"/><xsl:with-param name="value" select="c:given[not(@qualifier)]"/></xsl:call-template>
        <xsl:call-template name="line"><xsl:with-param name="label" select="'Nom utilisé'"/><xsl:with-param name="value" select="c:family[@qualifier='CL']"/></xsl:call-template>
        <xsl:call-template name="line"><xsl:with-param name="label" select="'Prénom utilisé'"/><xsl:with-param name="value" select="c:given[@qualifier='CL']"/></xsl:call-template>
      </xsl:for-each>
      <dt>Sexe</dt>
      <dd>
        <xsl:choose>
          <xsl:when test="c:patient/c:administrativeGenderCode/@code = 'F'">féminin</xsl:when>
          <xsl:when test="c:patient/c:administrativeGenderCode/@code = 'M'">masculin</xsl:when>
          <xsl:otherwise>inconnu</xsl:otherwise>
        </xsl:choose>
      </dd>
      <xsl:if test="c:patient/c:birthTime/@value">
        <dt>Né(e) le</dt>
        <dd><xsl:call-template name="date"><xsl:with-param name="value" select="c:patient/c:birthTime/@value"/></xsl:call-template></dd>
      </xsl:if>
      <xsl:if test="c:patient/c:birthplace/c:place/c:addr[normalize-space()]">
        <dt>Lieu de naissance</dt>
        <dd>
          <xsl:for-each select="c:patient/c:birthplace/c:place/c:addr">
            <xsl:if test="c:city"><xsl:value-of select="normalize-space(c:city)"/>, code INSEE </xsl:if>
            <xsl:value-of select="normalize-space(c:county)"/>
          </xsl:for-each>
        </dd>
      </xsl:if>
      <xsl:for-each select="c:patient/c:guardian">
        <dt>Représentant</dt>
        <dd><xsl:apply-templates select="(c:guardianPerson | c:guardianOrganization)/c:name"/><xsl:apply-templates select="c:telecom"/></dd>
      </xsl:for-each>
      <xsl:for-each select="c:id">
        <xsl:choose>
          <xsl:when test="@root = '1.2.250.1.213.1.4.8'"><dt>Matricule INS</dt><dd><xsl:value-of select="@extension"/> (NIR)</dd></xsl:when>
          <xsl:when test="@root = '1.2.250.1.213.1.4.9'"><dt>Matricule INS</dt><dd><xsl:value-of select="@extension"/> (NIA)</dd></xsl:when>
          <xsl:when test="@root = '1.2.250.1.213.1.4.10'"><dt>Matricule INS</dt><dd><xsl:value-of select="@extension"/> (NIR de test)</dd></xsl:when>
          <xsl:when test="@root = '1.2.250.1.213.1.4.11'"><dt>Matricule INS</dt><dd><xsl:value-of select="@extension"/> (NIR de démonstration)</dd></xsl:when>
          <xsl:otherwise><dt>Identifiant local</dt><dd><xsl:value-of select="@extension"/></dd></xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
      <xsl:if test="c:addr[normalize-space()]"><dt>Adresse</dt><dd><xsl:apply-templates select="c:addr"/></dd></xsl:if>
      <xsl:if test="c:telecom[@value]"><dt>Contact</dt><dd><xsl:apply-templates select="c:telecom"/></dd></xsl:if>
    </dl>
  </section>
</xsl:template>

<xsl:template name="laboratory">
  <section>
    <h2>Laboratoire</h2>
    <dl>
      <!-- One act per condition or chapter, all by the same people: they are named once. -->
      <xsl:for-each select="c:documentationOf/c:serviceEvent/c:performer/c:assignedEntity[not(c:id) or generate-id() = generate-id(key('performers', concat(c:id/@root, '|', c:id/@extension))[1])]">
        <dt>Laboratoire exécutant</dt>
        <dd><xsl:apply-templates select="c:representedOrganization"/></dd>
        <xsl:call-template name="line"><xsl:with-param name="label" select="'FINESS'"/><xsl:with-param name="value" select="substring((c:representedOrganization/c:id[@root = '1.2.250.1.71.4.2.2'][starts-with(@extension, '1')])[1]/@extension, 2)"/></xsl:call-template>
        <dt>Responsable</dt>
        <dd><xsl:apply-templates select="c:assignedPerson/c:name"/></dd>
      </xsl:for-each>
      <xsl:for-each select="c:componentOf//c:representedOrganization/c:id[@root = '1.2.250.1.213.6.3.1']">
        <dt>Accréditation COFRAC</dt>
        <dd><xsl:value-of select="@extension"/></dd>
      </xsl:for-each>
    </dl>
  </section>
</xsl:template>

<xsl:template name="request">
  <section>
    <h2>Demande</h2>
    <dl>
      <xsl:for-each select="c:participant">
        <dt>
          <xsl:choose>
            <xsl:when test="@typeCode = 'REF' or @typeCode = 'REFB'">Prescripteur</xsl:when>
            <xsl:when test="c:functionCode/@code = 'PCP'">Médecin traitant</xsl:when>
            <xsl:when test="c:functionCode/@code = 'PRELV'">Préleveur</xsl:when>
            <xsl:otherwise>Participant</xsl:otherwise>
          </xsl:choose>
        </dt>
        <dd>
          <xsl:apply-templates select="c:associatedEntity/c:associatedPerson/c:name"/>
          <xsl:for-each select="c:associatedEntity/c:scopingOrganization/c:name">, <xsl:value-of select="normalize-space()"/></xsl:for-each>
          <xsl:apply-templates select="c:associatedEntity/c:telecom"/>
          <xsl:if test="c:time/c:high/@value">, le <xsl:call-template name="date"><xsl:with-param name="value" select="c:time/c:high/@value"/></xsl:call-template></xsl:if>
        </dd>
        <xsl:call-template name="rpps"><xsl:with-param name="id" select="c:associatedEntity/c:id"/></xsl:call-template>
      </xsl:for-each>
      <xsl:for-each select="c:inFulfillmentOf/c:order/c:id">
        <dt>Numéro de prescription</dt>
        <dd><xsl:value-of select="@extension"/></dd>
      </xsl:for-each>
      <xsl:for-each select="c:documentationOf/c:serviceEvent/c:id">
        <dt>Numéro de dossier</dt>
        <dd><xsl:value-of select="@extension"/></dd>
      </xsl:for-each>
    </dl>
  </section>
</xsl:template>

<xsl:template name="recipients">
  <xsl:if test="c:informationRecipient">
    <section>
      <h2>Destinataires</h2>
      <dl>
        <xsl:for-each select="c:informationRecipient/c:intendedRecipient">
          <dt>Destinataire</dt>
          <dd>
            <xsl:apply-templates select="c:informationRecipient/c:name"/>
            <xsl:for-each select="c:receivedOrganization/c:name">, <xsl:value-of select="normalize-space()"/></xsl:for-each>
            <xsl:apply-templates select="c:telecom"/>
          </dd>
        </xsl:for-each>
      </dl>
    </section>
  </xsl:if>
</xsl:template>

<xsl:template name="signatures">
  <section>
    <h2>Signature</h2>
    <dl>
      <xsl:for-each select="c:legalAuthenticator | c:authenticator">
        <dt>
          <xsl:choose>
            <xsl:when test="self::c:legalAuthenticator">Signé par</xsl:when>
            <xsl:otherwise>Validé par</xsl:otherwise>
          </xsl:choose>
        </dt>
        <dd>
          <xsl:apply-templates select="c:assignedEntity/c:assignedPerson/c:name"/>
          <xsl:if test="c:assignedEntity/c:code/@displayName">, <xsl:value-of select="c:assignedEntity/c:code/@displayName"/></xsl:if>
          <xsl:text>, le </xsl:text>
          <xsl:call-template name="date"><xsl:with-param name="value" select="c:time/@value"/></xsl:call-template>
        </dd>
        <xsl:if test="self::c:legalAuthenticator">
          <xsl:call-template name="rpps"><xsl:with-param name="id" select="c:assignedEntity/c:id"/></xsl:call-template>
        </xsl:if>
      </xsl:for-each>
      <xsl:for-each select="c:author/c:assignedAuthor">
        <dt>Auteur</dt>
        <dd>
          <xsl:apply-templates select="c:assignedPerson/c:name"/>
          <xsl:value-of select="normalize-space(c:assignedAuthoringDevice/c:softwareName)"/>
        </dd>
      </xsl:for-each>
    </dl>
  </section>
</xsl:template>

<xsl:template name="about">
  <section>
    <h2>Document</h2>
    <dl>
      <dt>Type</dt>
      <dd><xsl:value-of select="c:code/@displayName"/></dd>
      <dt>Identifiant</dt>
      <dd><xsl:value-of select="c:id/@root"/><xsl:if test="c:id/@extension"> <xsl:value-of select="c:id/@extension"/></xsl:if></dd>
      <xsl:for-each select="c:relatedDocument/c:parentDocument/c:id">
        <dt>Remplace</dt>
        <dd><xsl:value-of select="@root"/></dd>
      </xsl:for-each>
    </dl>
  </section>
</xsl:template>

<!-- Data types -->

<xsl:template name="rpps">
  <xsl:param name="id"/>
  <xsl:call-template name="line"><xsl:with-param name="label" select="'RPPS'"/><xsl:with-param name="value" select="substring(($id[@root = '1.2.250.1.71.4.2.1'][starts-with(@extension, '8')])[1]/@extension, 2)"/></xsl:call-template>
</xsl:template>

<xsl:template name="line">
  <xsl:param name="label"/>
  <xsl:param name="value"/>
  <xsl:if test="normalize-space($value)">
    <dt><xsl:value-of select="$label"/></dt>
    <dd><xsl:value-of select="normalize-space($value)"/></dd>
  </xsl:if>
</xsl:template>

<xsl:template name="date">
  <xsl:param name="value"/>
  <xsl:choose>
    <xsl:when test="string-length($value) &lt; 8"><xsl:value-of select="$value"/></xsl:when>
    <xsl:otherwise>
      <xsl:value-of select="concat(substring($value, 7, 2), '/', substring($value, 5, 2), '/', substring($value, 1, 4))"/>
      <xsl:if test="string-length($value) &gt; 11">
        <xsl:value-of select="concat(' à ', substring($value, 9, 2), ':', substring($value, 11, 2))"/>
      </xsl:if>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template match="c:name">
  <xsl:choose>
    <xsl:when test="c:suffix = 'PR' or c:suffix = 'PC' or c:suffix = 'PG'">Pr </xsl:when>
    <xsl:when test="c:suffix[normalize-space()]">Dr </xsl:when>
    <xsl:when test="c:prefix = 'M'">M. </xsl:when>
    <xsl:when test="c:prefix = 'MME'">Mme </xsl:when>
  </xsl:choose>
  <xsl:for-each select="c:given"><xsl:value-of select="normalize-space()"/><xsl:text> </xsl:text></xsl:for-each>
  <xsl:for-each select="c:family"><xsl:value-of select="normalize-space()"/><xsl:if test="position() != last()"><xsl:text> </xsl:text></xsl:if></xsl:for-each>
  <xsl:if test="not(*)"><xsl:value-of select="normalize-space()"/></xsl:if>
</xsl:template>

<xsl:template match="c:addr">
  <xsl:for-each select="*[normalize-space()]">
    <xsl:if test="position() != 1">
      <xsl:choose>
        <xsl:when test="self::c:streetAddressLine or self::c:country or self::c:postalCode">, </xsl:when>
        <xsl:otherwise><xsl:text> </xsl:text></xsl:otherwise>
      </xsl:choose>
    </xsl:if>
    <xsl:value-of select="normalize-space()"/>
  </xsl:for-each>
</xsl:template>

<xsl:template match="c:telecom">
  <xsl:if test="@value">
    <xsl:if test="not(parent::c:patientRole) or preceding-sibling::c:telecom[@value]">, </xsl:if>
    <xsl:variable name="number" select="substring-after(@value, ':')"/>
    <xsl:choose>
      <xsl:when test="string-length($number) = 10 and starts-with($number, '0') and not(translate($number, '0123456789', ''))">
        <xsl:value-of select="concat(substring($number, 1, 2), ' ', substring($number, 3, 2), ' ', substring($number, 5, 2), ' ', substring($number, 7, 2), ' ', substring($number, 9, 2))"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$number"/></xsl:otherwise>
    </xsl:choose>
  </xsl:if>
</xsl:template>

<xsl:template match="c:representedOrganization">
  <xsl:value-of select="normalize-space(c:name)"/>
  <xsl:if test="c:addr[normalize-space()]">, <xsl:apply-templates select="c:addr[1]"/></xsl:if>
  <xsl:apply-templates select="c:telecom"/>
</xsl:template>

<!-- Sections -->

<xsl:template match="c:section">
  <xsl:param name="level" select="2"/>
  <!-- The copy of the document is offered as a file. -->
  <xsl:if test="not(c:templateId/@root = '1.2.250.1.213.1.1.2.243')">
    <section class="cda-section">
      <xsl:if test="normalize-space(c:title)">
        <xsl:element name="h{$level}"><xsl:value-of select="normalize-space(c:title)"/></xsl:element>
      </xsl:if>
      <xsl:apply-templates select="c:text" mode="narrative"/>
      <xsl:apply-templates select="c:component/c:section">
        <xsl:with-param name="level"><xsl:choose><xsl:when test="$level &lt; 6"><xsl:value-of select="$level + 1"/></xsl:when><xsl:otherwise>6</xsl:otherwise></xsl:choose></xsl:with-param>
      </xsl:apply-templates>
    </section>
  </xsl:if>
</xsl:template>

<xsl:template name="files">
  <xsl:variable name="files" select="(c:component/c:structuredBody//c:observationMedia/c:value | c:component/c:nonXMLBody/c:text)[@mediaType = 'application/pdf' and @representation = 'B64' and not(@nullFlavor)]"/>
  <xsl:if test="$files">
    <section class="cda-section">
      <h2>Fichiers joints</h2>
      <ul>
        <xsl:for-each select="$files">
          <li><a download="document-{position()}.pdf" href="data:application/pdf;base64,{translate(normalize-space(), ' ', '')}">Document PDF <xsl:value-of select="position()"/></a></li>
        </xsl:for-each>
      </ul>
    </section>
  </xsl:if>
</xsl:template>

<!-- Narrative: elements by name, nothing else has an effect -->

<xsl:template match="c:text | c:content | c:footnote | c:item | *" mode="narrative">
  <xsl:apply-templates mode="narrative"/>
</xsl:template>

<xsl:template match="c:paragraph" mode="narrative">
  <p>
    <xsl:call-template name="styled"/>
  </p>
</xsl:template>

<xsl:template match="c:content" mode="narrative" priority="1">
  <span>
    <xsl:call-template name="styled"/>
  </span>
</xsl:template>

<xsl:template name="class">
  <xsl:if test="contains(@styleCode, 'Bold') or contains(@styleCode, 'Emphasis')">b </xsl:if>
  <xsl:if test="contains(@styleCode, 'Italics')">i </xsl:if>
  <xsl:if test="contains(@styleCode, 'Underline')">u</xsl:if>
</xsl:template>

<xsl:template name="styled">
  <xsl:variable name="class"><xsl:call-template name="class"/></xsl:variable>
  <xsl:if test="normalize-space($class)"><xsl:attribute name="class"><xsl:value-of select="normalize-space($class)"/></xsl:attribute></xsl:if>
  <xsl:apply-templates mode="narrative"/>
</xsl:template>

<xsl:template match="c:br" mode="narrative"><br/></xsl:template>
<xsl:template match="c:sub" mode="narrative"><sub><xsl:apply-templates mode="narrative"/></sub></xsl:template>
<xsl:template match="c:sup" mode="narrative"><sup><xsl:apply-templates mode="narrative"/></sup></xsl:template>
<xsl:template match="c:caption" mode="narrative"><p class="b"><xsl:apply-templates mode="narrative"/></p></xsl:template>
<xsl:template match="c:table/c:caption" mode="narrative" priority="1"><caption><xsl:apply-templates mode="narrative"/></caption></xsl:template>
<xsl:template match="c:col | c:colgroup" mode="narrative"/>

<xsl:template match="c:list" mode="narrative">
  <xsl:apply-templates select="c:caption" mode="narrative"/>
  <xsl:choose>
    <xsl:when test="@listType = 'ordered'"><ol><xsl:call-template name="items"/></ol></xsl:when>
    <xsl:otherwise><ul><xsl:call-template name="items"/></ul></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template name="items">
  <xsl:for-each select="c:item"><li><xsl:apply-templates mode="narrative"/></li></xsl:for-each>
</xsl:template>

<xsl:template match="c:table" mode="narrative">
  <div class="cda-table"><table><xsl:apply-templates mode="narrative"/></table></div>
</xsl:template>

<xsl:template match="c:thead | c:tbody | c:tfoot | c:tr" mode="narrative">
  <xsl:element name="{local-name()}"><xsl:apply-templates mode="narrative"/></xsl:element>
</xsl:template>

<xsl:template match="c:th | c:td" mode="narrative">
  <xsl:element name="{local-name()}">
    <xsl:if test="number(@colspan) &gt; 1 and number(@colspan) &lt; 101"><xsl:attribute name="colspan"><xsl:value-of select="number(@colspan)"/></xsl:attribute></xsl:if>
    <xsl:if test="number(@rowspan) &gt; 1 and number(@rowspan) &lt; 101"><xsl:attribute name="rowspan"><xsl:value-of select="number(@rowspan)"/></xsl:attribute></xsl:if>
    <xsl:variable name="class"><xsl:call-template name="class"/></xsl:variable>
    <xsl:if test="normalize-space($class)"><xsl:attribute name="class"><xsl:value-of select="normalize-space($class)"/></xsl:attribute></xsl:if>
    <xsl:apply-templates select="." mode="curve"/>
    <xsl:apply-templates mode="narrative"/>
  </xsl:element>
</xsl:template>

<xsl:template match="c:linkHtml" mode="narrative">
  <xsl:variable name="href" select="translate(normalize-space(@href), $upper, $lower)"/>
  <xsl:choose>
    <xsl:when test="starts-with($href, 'http://') or starts-with($href, 'https://') or starts-with($href, 'mailto:')">
      <a rel="noopener noreferrer" href="{normalize-space(@href)}"><xsl:apply-templates mode="narrative"/></a>
    </xsl:when>
    <xsl:otherwise><xsl:apply-templates mode="narrative"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<xsl:template match="c:renderMultiMedia" mode="narrative">
  <xsl:for-each select="key('media', @referencedObject)/c:value[@representation = 'B64'][@mediaType = 'image/png' or @mediaType = 'image/jpeg' or @mediaType = 'image/gif']">
    <p><img alt="Image du compte rendu" src="data:{@mediaType};base64,{translate(normalize-space(), ' ', '')}"/></p>
  </xsl:for-each>
  <xsl:apply-templates select="c:caption" mode="narrative"/>
</xsl:template>
