//! French wording.

use super::Texts;

/// The French catalogue.
pub const TEXTS: Texts = Texts {
    to_professional: "Bonjour,\n\n\
        Vous trouverez ci-joint le compte rendu {of} de {patient}{birth}.\n\
        Dossier n° {number}, validé le {signed} par {signer}.",
    to_patient: "Bonjour,\n\n\
        Vous trouverez ci-joint le compte rendu {of} de {patient}.\n\
        Dossier n° {number}, validé le {signed} par {signer}.",
    advice_to_patient: "Pour toute question sur vos résultats, adressez-vous à votre médecin ou à votre laboratoire.",
    born: [", née le {date}", ", né le {date}", ", né(e) le {date}"],
    partial: "Ce compte rendu est partiel : d'autres résultats sont attendus. Un compte rendu plus complet le remplacera.",
    completes: "Ce compte rendu complète et remplace le compte rendu partiel qui vous a été transmis, \
        qui ne doit plus être utilisé.",
    corrects: "Ce compte rendu annule et remplace la version {previous} qui vous a été transmise, \
        qui ne doit plus être utilisée.",
    withdrawn_opening: "Bonjour,",
    withdrawn_to_professional: "Le compte rendu {of} de {patient}{birth} qui vous a été transmis est annulé par le laboratoire.\n\
        Dossier n° {number}, version {version}, validée le {signed} par {signer}.\n\
        {reason}",
    withdrawn_to_patient: "Le compte rendu {of} de {patient} que vous avez reçu est annulé par le laboratoire.\n\
        Dossier n° {number}, version {version}, validée le {signed} par {signer}.\n\
        {reason}",
    withdrawn_for_professional: "Ce compte rendu ne doit plus être utilisé : supprimez-le du dossier du patient, \
        ainsi que les versions qui l'ont précédé.\n\
        Le fichier IHE_XDM.zip désigne à votre logiciel le document à supprimer ; il ne contient pas de nouveau résultat.",
    withdrawn_for_patient: "Ne tenez plus compte de ce compte rendu et supprimez le message qui vous l'a apporté. \
        Votre laboratoire et votre médecin restent à votre disposition pour toute question.\n\
        Le fichier IHE_XDM.zip est destiné aux logiciels de santé : il ne contient pas de nouveau résultat.",
    reasons: [
        "Motif : erreur sur l'identité du patient.",
        "Motif : erreur sur le prélèvement, ou prélèvement non conforme.",
        "Motif : résultat erroné.",
        "Motif : compte rendu diffusé par erreur.",
    ],
    files_for_professional: "Le fichier IHE_XDM.zip contient le document structuré, à intégrer dans votre logiciel. \
        Le fichier PDF en est la version lisible.",
    files_for_patient: "Le fichier PDF est la version à lire. \
        Le fichier IHE_XDM.zip est destiné aux logiciels de santé : vous n'avez pas besoin de l'ouvrir.",
    signature: "{laboratory}\nTéléphone : {phone}",
    automatic: "Ce message a été envoyé automatiquement. \
        Pour joindre le laboratoire, répondez à ce message ou écrivez à {reply_to}.",
    automatic_without_answer: "Ce message a été envoyé automatiquement et n'attend pas de réponse. \
        Le laboratoire peut être joint par téléphone, ou par messagerie sécurisée à l'adresse {reply_to}.",
    answered: "{laboratory}\nTéléphone : {phone}\n\n\
        Pour répondre au laboratoire, répondez à ce message ou écrivez à {reply_to}.",
    readme: "{title}\n\
        \n\
        Émetteur\n\
        {laboratory}\n\
        {address}\n\
        Téléphone : {phone}\n\
        \n\
        Logiciel\n\
        {product}, version {version}, {vendor}\n\
        \n\
        Comment lire ces fichiers\n\
        Ouvrez INDEX.HTM dans un navigateur, ou importez l'archive dans un logiciel de santé \
        qui reconnaît le format IHE XDM.\n\
        \n\
        Contenu de l'archive\n\
        INDEX.HTM                        page d'accueil\n\
        README.TXT                       ce fichier\n\
        IHE_XDM/SUBSET01/METADATA.XML    description du document\n\
        IHE_XDM/SUBSET01/DOC0001.XML     compte rendu structuré (CDA R2)\n",
    of: ["d'examens biologiques", "de test rapide (TROD)"],
    index_sender: "Document établi par {laboratory} le {date}.",
    readme_page: "CR.HTM                           compte rendu, à lire dans un navigateur\n",
    readme_withdrawn: "\n\
        Ce compte rendu est annulé : le document désigne celui qui doit être supprimé.\n",
    index_withdrawn_title: "Compte rendu annulé : {title}",
    index_withdrawn: "La version {version} du compte rendu du dossier n° {number}, validée le {signed}, \
        a été annulée le {date} par {laboratory}. {reason} Elle ne doit plus être utilisée.",
    index_page: "Lire le compte rendu",
    index_pdf: "Le même compte rendu est joint au message sous forme de fichier PDF.",
    index_document: "Compte rendu structuré (CDA R2)",
    index_readme: "Informations sur l'archive et son émetteur",
    lang: "fr",
};
